#include "collectors/celery/control_inquiry.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using std::chrono::milliseconds;

// Each hears all calls, of which there are as many as workers.
constexpr std::size_t kMostAlone = 200;

}  // namespace

ControlInquiry::ControlInquiry(CeleryBroker& broker, ControlScope& scope, Pulses pulses,
                               std::vector<std::string> methods, milliseconds timeout,
                               bool knows_heartbeats)
    : broker_(broker),
      scope_(scope),
      pulses_(std::move(pulses)),
      methods_(std::move(methods)),
      timeout_(timeout),
      knows_heartbeats_(knows_heartbeats) {}

ControlInquiry::Result ControlInquiry::Run(const CollectContext& context) {
  try {
    const auto takers = broker_.Takers(context);
    if (takers) {
      const ControlOrder order = scope_.OrderOf(*takers, pulses_(), knows_heartbeats_);
      if (MayGoOn()) AskInOrder(context, order, *takers);
    } else {
      Ask(context, std::nullopt, timeout_);
    }
  } catch (const CollectError& error) {
    result_.failure = error;
  }
  return std::exchange(result_, {});
}

void ControlInquiry::AskInOrder(const CollectContext& context, const ControlOrder& order,
                                const ControlTakers& takers) {
  if (!order.together.empty()) Ask(context, order.together, timeout_);
  if (!MayGoOn()) return;
  const std::size_t asked = AskEach(context, order, takers);
  const auto is_new = [&](const std::string& worker) { return !scope_.HasAsked(worker); };
  result_.held = order.held;
  result_.reach.misses_some = std::any_of(order.alone.begin() + static_cast<std::ptrdiff_t>(asked),
                                          order.alone.end(), is_new);
  result_.reach.wants_more =
      result_.reach.misses_some && !ends_in_doubt_ && order.held != ControlOrder::Held::kDeaf;
}

std::size_t ControlInquiry::AskEach(const CollectContext& context, const ControlOrder& order,
                                    const ControlTakers& takers) {
  for (std::size_t i = 0; i < order.askable; ++i) {
    // The rest has a mailbox, and nobody listens to it.
    if (answered_.size() >= takers.listening) return order.alone.size();
    const bool has_time = context.deadline.Remaining() > timeout_ / 2;
    result_.reach.is_whole = i < kMostAlone && (has_time || i == 0);
    if (!result_.reach.is_whole) return i;
    const std::string& worker = order.alone[i];
    scope_.Suspect(worker, takers);
    const std::size_t answers = Ask(context, {{worker}}, timeout_ / 2)[worker];
    const bool is_free = scope_.Answered(answers, methods_.size());
    if (!MayGoOn()) return order.alone.size();
    if (is_free) continue;
    // It may still be at it: whether it was stopped is looked at now, and before the next round.
    scope_.LookAt(*broker_.Takers(context));
    ends_in_doubt_ = scope_.IsInDoubt(worker, pulses_(), knows_heartbeats_);
    return i + 1;
  }
  return order.askable;
}

bool ControlInquiry::MayGoOn() const {
  return scope_.Methods(broker_.TellsScheduled()) == methods_;
}

std::map<std::string, std::size_t> ControlInquiry::Ask(
    const CollectContext& context, const std::optional<std::vector<std::string>>& workers,
    milliseconds window) {
  // A tenth is for sending the calls and taking the replies.
  const milliseconds wait = std::min(window, context.deadline.Remaining() * 9 / 10);
  ControlRound round = ReadRound(broker_.Call(context, {methods_, workers}, wait));
  // A shorter wait says nothing of the workers.
  if (2 * wait >= window) scope_.Took(methods_.size(), round, workers, pulses_());
  for (const auto& [worker, calls] : round.answered) answered_.insert(worker);
  std::move(round.replies.begin(), round.replies.end(), std::back_inserter(result_.replies));
  return std::move(round.answered);
}

}  // namespace collectors
