#pragma once

#include <poll.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "exporter/deadline.h"
#include "exporter/http_door.h"
#include "exporter/mutex.h"

namespace exporter {

// Where connections come in and wait, on one thread, for their client: until a
// whole request head has come, and until the client has taken an answer that its
// socket did not hold. So a client that is slow, silent or idle between two scrapes costs
// a descriptor and no worker, and cannot keep a scrape from being answered.
class HttpLobby {
 public:
  // A connection. Whoever holds it owns the descriptor.
  struct Visitor {
    int fd = -1;
    std::string received;  // Sent by the client and not served yet.
    std::string unsent;    // Of the last answer, for the client to take.
    bool stays = true;     // For another request, after the answer.
  };

  struct Limits {
    std::size_t connections = 256;                  // In all; the longest waiting one gives way.
    std::size_t head_bytes = 8192;                  // A longer head is passed on as it is.
    std::size_t unsent_bytes = 16 << 20;            // In all; an answer that exceeds it is cut off.
    std::chrono::milliseconds idle{75'000};         // Without a byte.
    std::chrono::milliseconds head_time{5'000};     // From the first byte of a head to its end.
    std::chrono::milliseconds answer_time{10'000};  // For the client to take an answer.
  };

  // `serve` is called on the lobby's thread with each visitor that is ready; it
  // must pass it on quickly, and end with Return. `broken` is called there, once,
  // if the lobby cannot go on.
  HttpLobby(Limits limits, std::function<void(Visitor)> serve,
            std::function<void(const std::string& reason)> broken);
  ~HttpLobby();  // Closes what waits.
  HttpLobby(const HttpLobby&) = delete;
  HttpLobby& operator=(const HttpLobby&) = delete;

  // Lets connections in from now on. Called once. Throws std::system_error if the
  // system has no thread left.
  void Open(std::vector<HttpDoor> doors);
  void Return(Visitor visitor);  // One that was served.
  // Closes the doors, serves nobody any more, and closes what is returned.
  void Close();

 private:
  struct Waiting {
    Visitor visitor;
    SteadyTime since;  // Of its coming or its last answer.
    SteadyTime expires_at;
    std::size_t sent = 0;  // Of visitor.unsent.
  };

  void Run(const std::stop_token& stop);
  void Wake() const;
  void TakeReturned(SteadyTime now);
  void PollOnce(SteadyTime now);
  void Attend(const std::vector<pollfd>& polled, SteadyTime now);
  void Admit(HttpDoor& door, SteadyTime now);
  void Settle(Visitor visitor, SteadyTime now);
  void Continue(Waiting& waiting, SteadyTime now);
  void ReadFrom(Waiting& waiting, SteadyTime now);
  void WriteTo(Waiting& waiting, SteadyTime now);
  void PassOn(Waiting& waiting);
  void Drop(Waiting& waiting);
  void DropLongestWaiting();
  std::size_t UnsentBytes() const;
  void Remove();

  const Limits limits_;
  const std::function<void(Visitor)> serve_;
  const std::function<void(const std::string& reason)> broken_;
  const int wake_fd_;

  Mutex mutex_;
  std::vector<Visitor> returned_ GUARDED_BY(mutex_);
  std::size_t served_ GUARDED_BY(mutex_) = 0;
  bool closed_ GUARDED_BY(mutex_) = false;

  // Of the lobby's thread alone.
  std::vector<HttpDoor> doors_;
  std::vector<Waiting> waiting_;

  std::jthread thread_;  // Last: ends before what it uses.
};

}  // namespace exporter
