#include "collectors/clients/amqp/patient_declares.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <variant>

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::SteadyTime;

// Every broker has it, and a passive declare changes nothing.
constexpr char kStandardExchange[] = "amq.direct";
constexpr std::chrono::seconds kFirstRest{10};
constexpr std::chrono::minutes kLongestRest{10};

}  // namespace

std::vector<AmqpQueueAnswer> PatientDeclares::Ask(const CollectContext& context, SteadyTime now,
                                                  const std::vector<std::string>& queues) {
  std::vector<std::string> asked;
  for (const std::string& queue : queues) {
    const auto refusal = refusals_.find(queue);
    if (refusal == refusals_.end() || refusal->second.until <= now) asked.push_back(queue);
  }
  // Without a queue to declare, check that the broker answers.
  if (asked.empty()) session_.CheckExchange(context, kStandardExchange);
  std::vector<AmqpQueueAnswer> came = session_.PassiveDeclareAll(context, asked);
  std::vector<AmqpQueueAnswer> answers;
  std::map<std::string, Refusal> refusals;
  auto next = came.begin();
  for (const std::string& queue : queues) {
    const auto known = refusals_.find(queue);
    if (known != refusals_.end() && known->second.until > now) {
      answers.emplace_back(known->second.error);
      refusals.insert(*known);
      continue;
    }
    answers.push_back(std::move(*next++));
    const auto* const error = std::get_if<CollectError>(&answers.back());
    if (error == nullptr) continue;
    const std::chrono::seconds rest =
        known == refusals_.end()
            ? kFirstRest
            : std::min<std::chrono::seconds>(2 * known->second.rest, kLongestRest);
    refusals.insert_or_assign(queue, Refusal{*error, rest, now + rest});
  }
  refusals_ = std::move(refusals);
  return answers;
}

}  // namespace collectors
