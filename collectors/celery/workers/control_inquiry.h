#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "collectors/celery/brokers/broker.h"
#include "collectors/celery/workers/control_scope.h"
#include "collectors/celery/workers/worker_table.h"
#include "exporter/seam/collector.h"

namespace collectors {

// One round of control calls to the workers of a broker. Asks all at once if a reply cannot stop a
// worker; otherwise in the order that ControlScope gives.
class ControlInquiry {
 public:
  using Pulses = std::function<std::vector<WorkerPulse>()>;  // Returns the present ones.
  struct Result {
    std::vector<WorkerReply> replies = {};
    RoundReach reach = {};
    std::size_t mailboxes = 0;  // Of workers, also killed ones; 0 if the broker does not report
                                // them.
    ControlOrder::Held held = ControlOrder::Held::kNot;
    std::optional<exporter::CollectError> failure = {};  // Ended the round early.
  };

  // Waits for replies as long as `timeout`, or a quarter of it if one worker is asked alone.
  // `knows_heartbeats`: see ControlScope::OrderOf.
  ControlInquiry(CeleryBroker& broker, ControlScope& scope, Pulses pulses,
                 std::vector<std::string> methods, std::chrono::milliseconds timeout,
                 bool knows_heartbeats);

  Result Run(const exporter::CollectContext& context);

 private:
  void AskInOrder(const exporter::CollectContext& context, const ControlOrder& order,
                  const ControlTakers& takers);
  // Asks those that may be asked, one after the other. Returns true if all listeners have answered.
  bool AskEach(const exporter::CollectContext& context, const std::vector<std::string>& workers,
               std::size_t listening);
  // Returns how many calls the worker answered.
  std::size_t AskAlone(const exporter::CollectContext& context, const std::string& worker);
  // Whether the same methods may still be asked.
  bool MayGoOn() const;
  // Returns how many calls each worker answered.
  std::map<std::string, std::size_t> Ask(const exporter::CollectContext& context,
                                         const std::optional<std::vector<std::string>>& workers,
                                         std::chrono::milliseconds window);

  CeleryBroker& broker_;
  ControlScope& scope_;
  const Pulses pulses_;
  const std::vector<std::string> methods_;
  const std::chrono::milliseconds timeout_;
  const bool knows_heartbeats_;
  std::set<std::string> answered_;  // Workers.
  Result result_;
};

}  // namespace collectors
