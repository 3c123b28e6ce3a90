#pragma once

#include <poll.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "exporter/http/http_cut.h"
#include "exporter/http/http_door.h"
#include "exporter/http/http_kept.h"
#include "exporter/http/http_unsent.h"
#include "exporter/seam/deadline.h"
#include "exporter/seam/mutex.h"

namespace exporter {

// Where connections come in and wait, on one thread, for their client: until a
// whole request head has come, and until the client has taken an answer that its
// socket did not hold. So a client that is slow, silent or idle between two scrapes costs
// a descriptor and no worker, and cannot keep a scrape from being answered.
//
// If a bound is reached, a connection gives way that takes no answer, the longest
// waiting first; then the slowest of those that take one. One that takes its answer
// as fast as an ordinary client never does: then the doors stay shut for a moment.
class HttpLobby {
 public:
  // A connection. Whoever holds it owns the descriptor.
  struct Visitor {
    int fd = -1;
    std::string received;  // Sent by the client and not served yet.
    bool stays = true;     // For another request, after the answer.
    // The last answer, of which the client has yet to take what is unsent.
    HttpUnsent unsent;
    std::string handler;
    int code = 0;
    SteadyTime began;
    double seconds = 0;  // What it took to make.
  };

  struct Limits {
    std::size_t connections = 1024;              // In all.
    std::size_t head_bytes = 8192;               // A longer head is passed on as it is.
    std::size_t kept_bytes = 32 << 20;           // By answers that are under way: HttpKept.
    std::chrono::milliseconds idle{75'000};      // Without a byte.
    std::chrono::milliseconds head_time{5'000};  // From the first byte of a head to its end.
    // For the client to take an answer, and besides for each MiB of it.
    std::chrono::milliseconds answer_time{10'000};
    std::chrono::milliseconds answer_time_per_mib{1'000};
    // An ordinary client takes a MiB in the latter, this long after its answer began.
    std::chrono::milliseconds grace{250};
  };

  struct Calls {
    // On the lobby's thread, with each visitor that is ready: must pass it on
    // quickly, and end with Return.
    std::function<void(Visitor)> serve;
    // What became of an answer that was unsent when it was returned: its client
    // took it, or it was cut.
    std::function<void(const Visitor&)> taken;
    std::function<void(const Visitor&, HttpCut)> cut;
    // On the lobby's thread, once, if the lobby cannot go on.
    std::function<void(const std::string& reason)> broken;
  };

  HttpLobby(Limits limits, Calls calls);
  ~HttpLobby();  // Closes what waits.
  HttpLobby(const HttpLobby&) = delete;
  HttpLobby& operator=(const HttpLobby&) = delete;

  // Lets connections in from now on. Called once. Throws std::system_error if the
  // system has no thread left.
  void Open(std::vector<HttpDoor> doors);
  void Return(Visitor visitor);  // One that was served.
  // Visitors that take an answer.
  std::size_t takers() const { return takers_; }
  // Closes the doors, what waits and what is returned; serves nobody any more.
  void Close();

 private:
  struct Waiting {
    Visitor visitor;
    SteadyTime since;  // Of its coming or its last answer.
    SteadyTime expires_at;

    bool open() const { return visitor.fd >= 0; }
    bool takes() const { return !visitor.unsent.all_sent(); }
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
  void EndAnswer(Waiting& waiting, SteadyTime now);
  void PassOn(Waiting& waiting);
  // `reason` is why its answer is cut, if it takes one.
  void Drop(Waiting& waiting, HttpCut reason);
  bool IsFull();
  bool MakeRoom(SteadyTime now);
  bool IsWithinBounds() const;
  void HoldToBounds(SteadyTime now);
  void DropSlow(SteadyTime now, const std::function<bool()>& enough);
  double SecondsPerMib(const Waiting& waiting, SteadyTime now) const;
  std::chrono::milliseconds AnswerTime(std::size_t bytes) const;
  void Remove();

  const Limits limits_;
  const Calls calls_;
  const int wake_fd_;

  Mutex mutex_;
  std::vector<Visitor> returned_ GUARDED_BY(mutex_);
  std::size_t served_ GUARDED_BY(mutex_) = 0;
  bool closed_ GUARDED_BY(mutex_) = false;

  std::atomic<std::size_t> takers_ = 0;  // Of those who wait. Set by the lobby's thread.

  // Of the lobby's thread alone.
  std::vector<HttpDoor> doors_;
  SteadyTime doors_open_at_;  // Shut until then, as there is no room.
  SteadyTime bounds_due_;     // When to look for slow clients again, if a bound is passed.
  std::vector<Waiting> waiting_;
  HttpKept kept_;  // By the takers.

  std::jthread thread_;  // Last: ends before what it uses.
};

}  // namespace exporter
