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

// Accepts connections and waits for their clients on one thread: until a complete request head has
// arrived, and until the client has taken the part of an answer that the socket did not hold. So a
// client that is slow, silent or idle between two scrapes costs a descriptor and no worker, and
// cannot delay a scrape.
//
// If a bound is reached, a connection is closed: first the longest waiting of those that take no
// answer, then the slowest of those that take one. A client that reads as fast as an ordinary one
// is never cut; instead, no connection is accepted for a moment.
class HttpLobby {
 public:
  // A connection. The holder owns the descriptor.
  struct Visitor {
    int fd = -1;
    std::string received;  // Received and not served yet.
    bool stays = true;  // Whether the connection stays open for another request after the answer.
    // The last answer, with the part that the client has not taken yet.
    HttpUnsent unsent;
    std::string handler;
    int code = 0;
    SteadyTime began;
    double seconds = 0;  // Time to make the answer.
  };

  struct Limits {
    std::size_t connections = 1024;              // Open at the same time.
    std::size_t head_bytes = 8192;               // A longer head is passed on incomplete.
    std::size_t kept_bytes = 32 << 20;           // By unsent answers: HttpKept.
    std::chrono::milliseconds idle{75'000};      // Time without a byte.
    std::chrono::milliseconds head_time{5'000};  // From the first byte of a head to its end.
    // The time that a client has for an answer, and the time for each MiB of it in addition.
    std::chrono::milliseconds answer_time{10'000};
    std::chrono::milliseconds answer_time_per_mib{1'000};
    // An ordinary client takes a MiB in the latter time, measured from this long after the answer
    // began.
    std::chrono::milliseconds grace{250};
  };

  struct Calls {
    // Called on the lobby's thread with each visitor that is ready. Must hand it over quickly; it
    // comes back by Return.
    std::function<void(Visitor)> serve;
    // Called when an answer that was unsent at its return is taken or cut.
    std::function<void(const Visitor&)> taken;
    std::function<void(const Visitor&, HttpCut)> cut;
    // Called once, on the lobby's thread, if the lobby cannot go on.
    std::function<void(const std::string& reason)> broken;
  };

  HttpLobby(Limits limits, Calls calls);
  ~HttpLobby();  // Closes the waiting connections.
  HttpLobby(const HttpLobby&) = delete;
  HttpLobby& operator=(const HttpLobby&) = delete;

  // Accepts connections from now on. Call it once. Throws std::system_error if the system has no
  // thread left.
  void Open(std::vector<HttpDoor> doors);
  void Return(Visitor visitor);  // Gives back a visitor that was served.
  // The number of visitors that take an answer.
  std::size_t takers() const { return takers_; }
  // Closes the sockets, the waiting connections and those that are returned later.
  void Close();

 private:
  struct Waiting {
    Visitor visitor;
    SteadyTime since;  // When it came, or its last answer ended.
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

  std::atomic<std::size_t> takers_ = 0;  // Among the waiting. Set by the lobby's thread.

  // Used by the lobby's thread alone.
  std::vector<HttpDoor> doors_;
  SteadyTime doors_open_at_;  // No connection is accepted before, for lack of room.
  SteadyTime bounds_due_;     // When to look for slow clients again, if a bound is exceeded.
  std::vector<Waiting> waiting_;
  HttpKept kept_;  // Of those that take an answer.

  std::jthread thread_;  // Last: ends before the members that it uses.
};

}  // namespace exporter
