#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/celery/wire/control_message.h"
#include "collectors/celery/wire/event.h"
#include "collectors/celery/workers/control_scope.h"
#include "collectors/celery/workers/worker.h"
#include "exporter/seam/deadline.h"
#include "exporter/seam/family_set.h"

namespace collectors {

struct WorkerOptions {
  std::chrono::milliseconds timeout{60000};         // Silent for this long, it is down.
  std::chrono::milliseconds retention{600000};      // Down for this long, its series go.
  std::chrono::milliseconds reply_interval{15000};  // Between two rounds of control calls.
  std::size_t max_workers = 10000;
  std::map<std::string, double> expected = {};  // Workers that a queue should have.
};

// How many workers a round of control calls reached.
struct RoundReach {
  bool misses_some = false;  // Workers are left that were never asked, or never answered.
  bool wants_more = false;   // And they can be asked: the sooner the better.
  bool is_whole = true;      // If not, it takes several rounds to ask all once.
};

// The moment of a reading, by the steady clock and by the wall clock.
struct ReadTime {
  exporter::SteadyTime steady;
  double epoch;
};

// The workers by events and control replies, by their whole node name. One thread at a time.
class WorkerTable {
 public:
  explicit WorkerTable(WorkerOptions options) : options_(std::move(options)) {}

  // Any event: a worker that sends one is alive. The sender of task-sent is not a worker. `epoch`:
  // the same moment by the wall clock.
  void Heard(const CeleryEvent& event, exporter::SteadyTime now, std::optional<double> epoch = {});
  // Returns the event with its times by our clock, as far as the sender's is known to be off: that
  // of a worker, or of a task's sender on a worker's host.
  CeleryEvent Corrected(const CeleryEvent& event) const;
  // Describes a worker with a clock that is off, if there is one.
  std::optional<std::string> WithClockOff() const;
  // The replies to one round of control calls; empty if there were none.
  void Replied(const std::vector<WorkerReply>& replies, exporter::SteadyTime now,
               const RoundReach& reach = {});
  // From now on workers are asked only for their queues.
  void AskedLess();
  // Nobody could be heard for this long since the last call.
  void Deaf(Worker::Duration duration);
  // There were events that are not JSON: for how long in all, and when the last ones began to come.
  void SetForeign(Worker::Duration duration, exporter::SteadyTime since);

  // The workers that are up and send heartbeats.
  std::vector<WorkerPulse> Pulses(exporter::SteadyTime now) const;
  // Queues that workers serve, at most 1,000.
  std::vector<std::string> Queues() const;
  // The queue of each worker that serves only one; empty for a worker that serves several.
  std::vector<std::pair<std::string, std::string>> SoleQueues() const;
  // The queues that workers serve, and whether each hands out its messages in the order in which
  // they came.
  std::map<std::string_view, bool> QueueOrders() const;
  // Workers newly found to send heartbeats, but no task events.
  std::vector<std::string> TakeSilent();
  // Whether a round is due at once: a new worker has not had two rounds of control calls yet, and
  // may not have listened to the first; or the last round did not come to all that can be asked.
  bool WantsRound() const { return newcomer_rounds_ > 0 || reach_.wants_more; }
  // Whether a worker was heard after `moment` that has not announced its shutdown.
  bool HeardSince(exporter::SteadyTime moment) const;
  // Returns what workers ran and no longer run, since the last call.
  std::vector<EndedWork> TakeEnded(exporter::SteadyTime now);
  // Whether any worker was ever heard.
  bool HasHeardAny() const { return heard_any_; }
  // Whether there may be workers that cannot be heard; stays until the next call.
  void SetUnheard(bool unheard) { unheard_ = unheard; }
  // Whether there was no room for a worker since the last call.
  bool TakeRefused() { return std::exchange(refused_, false); }

  // Forgets workers that have been down for longer than the retention, and writes the others.
  // `broker_knows_scheduled`: tasks that wait for their eta are reported by the broker, not by
  // workers.
  void Write(const std::vector<std::string>& queues, bool broker_knows_scheduled,
             exporter::FamilySet& families, const ReadTime& now);

 private:
  // A queue's sums over its workers.
  struct Service {
    double workers = 0, slots = 0, active = 0, reserved = 0, scheduled = 0;
    // A worker of the queue did not report this: a sum would be too small.
    bool misses_workers = false, misses_slots = false;
    bool misses_active = false, misses_reserved = false, misses_scheduled = false;
  };
  using Services = std::map<std::string, Service, std::less<>>;

  // A worker replies once in as many rounds as it takes to ask all.
  Silence silence() const {
    return {options_.timeout,
            options_.reply_interval * std::max(rounds_of_turn_, rounds_of_last_turn_)};
  }
  void NoteHost(std::string_view hostname);
  // Seconds by which the sender's clock is ahead of ours; 0 if it is near, or not known.
  double ShiftOf(const CeleryEvent& event) const;
  Worker* FindOrAdd(std::string_view hostname, exporter::SteadyTime now);
  bool MakeRoom(exporter::SteadyTime now);
  void ForgetGone(exporter::SteadyTime now);
  bool HasStranger(exporter::SteadyTime now) const;
  void KeepEnded(Worker& worker, exporter::SteadyTime now);
  void AddServices(const Worker& worker, exporter::SteadyTime now, Services& services) const;
  void AddHeld(const Worker& worker, exporter::SteadyTime now, Services& services) const;
  void WriteWorker(const std::string& hostname, const Worker& worker, exporter::FamilySet& families,
                   const ReadTime& now) const;
  // `known`: whether it is known which workers serve a queue.
  void WriteQueue(const std::string& queue, const Service& service, bool known,
                  bool broker_knows_scheduled, exporter::FamilySet& families) const;

  WorkerOptions options_;
  std::map<std::string, Worker, std::less<>> workers_;
  Deafness deaf_;
  std::optional<exporter::SteadyTime> full_since_;           // When there was last no room.
  std::vector<EndedWork> ended_;                             // By workers that were forgotten.
  std::map<std::string, std::string, std::less<>> by_host_;  // The last worker heard of each host.
  bool heard_any_ = false;
  bool unheard_ = false;
  bool refused_ = false;
  int newcomer_rounds_ = 0;                    // Rounds of control calls still due for new workers.
  RoundReach reach_;                           // Of the last round of control calls.
  int rounds_of_turn_ = 1;                     // Since all were asked once.
  int rounds_of_last_turn_ = 1;                // That asking all took.
  std::optional<exporter::SteadyTime> round_;  // When the last round of control calls ended.
  bool answered_ = false;                      // A worker has replied to a round.
};

}  // namespace collectors
