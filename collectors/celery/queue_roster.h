#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "exporter/seam/collector.h"

namespace collectors {

// Names of queues by their source.
struct NamedQueues {
  std::set<std::string> served;  // By the broker's registry or the workers.
  std::set<std::string> heard;   // By events alone: anybody may send one.
};

// Which queues a run asks the broker for. A queue that it refused is not asked for again at once:
// each refusal is an error in RabbitMQ's log, and costs a round trip. A configured queue rests for
// some runs, and its problem stands meanwhile. Other queues rest for ten minutes, and it is not a
// problem if they do not exist. A queue that workers begin to serve after its refusal, as in a
// deployment, is asked for again. One thread at a time.
class QueueRoster {
 public:
  // Bounds for names that only events gave and the broker has not confirmed: how many may be
  // refused within ten minutes, and how many a run asks for. After a failed run it is half as many,
  // because they may have been too much for it.
  static constexpr std::size_t kMaxRefused = 200;
  static constexpr std::size_t kMaxNewcomers = 50;

  explicit QueueRoster(std::vector<std::string> configured);

  // Returns the configured queues in their order, then the others by name. If Answered() is not
  // called before the next ToAsk(), the run has failed.
  std::vector<std::string> ToAsk(const NamedQueues& named, exporter::SteadyTime now);
  // Takes the broker's answer and adds its problems to the reading. It is not a problem if a queue
  // that is not configured does not exist.
  void Answered(const std::vector<std::string>& asked,
                const std::vector<exporter::CollectError>& problems, exporter::SteadyTime now,
                exporter::Reading& reading);
  // Adds the problems of queues that rest.
  void AddStanding(const std::vector<std::string>& asked, exporter::Reading& reading) const;
  // Queues that may have series: those asked for and not refused, and all configured ones.
  std::vector<std::string> Shown(const std::vector<std::string>& asked) const;

 private:
  struct Refusal {
    exporter::CollectError error;
    exporter::SteadyTime at;
    int rests;    // Runs left; of a configured queue.
    bool served;  // When it was refused.
  };

  bool IsConfigured(const std::string& queue) const { return configured_set_.contains(queue); }
  // Whether the queue rests in the run that begins; counts that run.
  bool Rests(const std::string& queue);
  void ForgetOld(const NamedQueues& named, exporter::SteadyTime now);

  const std::vector<std::string> configured_;
  const std::set<std::string> configured_set_;
  std::set<std::string> confirmed_;  // Of those asked for last.
  std::set<std::string> served_;     // At the last ToAsk().
  std::size_t newcomers_ = kMaxNewcomers;
  bool awaits_answer_ = false;
  std::map<std::string, Refusal> refused_;
};

}  // namespace collectors
