#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "exporter/seam/collector.h"

namespace collectors {

// Who says that a queue is there.
struct NamedQueues {
  std::set<std::string> served;  // The broker's registry and the workers.
  std::set<std::string> heard;   // Events alone: anybody may send one.
};

// Which queues a broker is asked for in a run. One that it refused is not asked for
// again at once: each refusal is an error in RabbitMQ's log, and costs a round trip.
// The configured ones rest for some runs and what was wrong stands meanwhile; others
// rest for ten minutes, and those that are not there are no problem of anybody's.
// Where a queue is served since it was refused, as in a deployment, it is asked for.
// One thread at a time.
class QueueRoster {
 public:
  // Names that only events told and the broker has not confirmed: so many may be
  // refused in ten minutes, and so many are asked for in a run; half as many after a
  // run that failed, which they may have been too much for.
  static constexpr std::size_t kMaxRefused = 200;
  static constexpr std::size_t kMaxNewcomers = 50;

  explicit QueueRoster(std::vector<std::string> configured);

  // The configured ones in their order, then the others by name. Where Answered()
  // does not follow, the run has failed.
  std::vector<std::string> ToAsk(const NamedQueues& named, exporter::SteadyTime now);
  // What the broker answered: its problems of queues among those asked for go to the
  // reading, where they are anybody's.
  void Answered(const std::vector<std::string>& asked,
                const std::vector<exporter::CollectError>& problems, exporter::SteadyTime now,
                exporter::Reading& reading);
  // What is wrong with those that rest.
  void AddStanding(const std::vector<std::string>& asked, exporter::Reading& reading) const;
  // Those that series may tell of: asked for and not refused, and all that are configured.
  std::vector<std::string> Shown(const std::vector<std::string>& asked) const;

 private:
  struct Refusal {
    exporter::CollectError error;
    exporter::SteadyTime at;
    int rests;    // Runs, of a configured one.
    bool served;  // When it was refused.
  };

  bool IsConfigured(const std::string& queue) const { return configured_set_.contains(queue); }
  // Whether it rests in the run that begins, which counts.
  bool Rests(const std::string& queue);
  void ForgetOld(const NamedQueues& named, exporter::SteadyTime now);

  const std::vector<std::string> configured_;
  const std::set<std::string> configured_set_;
  std::set<std::string> confirmed_;  // Of those asked for last.
  std::set<std::string> served_;     // When it was last asked.
  std::size_t newcomers_ = kMaxNewcomers;
  bool awaits_answer_ = false;
  std::map<std::string, Refusal> refused_;
};

}  // namespace collectors
