#include "collectors/celery/workers/control_inquiry.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using std::chrono::milliseconds;

// All workers receive every call, and there are as many calls as workers.
constexpr std::size_t kMostAlone = 200;
// Silent workers are busy or dead, and each takes a quarter of the time for replies.
constexpr int kMostSilent = 4;

exporter::SteadyTime Now() { return exporter::SteadyTime::clock::now(); }

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
      result_.mailboxes = takers->workers.size();
      AskInOrder(context, scope_.OrderOf(*takers, pulses_(), knows_heartbeats_, Now()), *takers);
    } else {
      Ask(context, std::nullopt, timeout_);
    }
  } catch (const CollectError& error) {
    result_.failure = error;
  }
  // Otherwise some of the workers would be counted as all of them.
  result_.reach.misses_some |= result_.failure || !MayGoOn();
  return std::exchange(result_, {});
}

void ControlInquiry::AskInOrder(const CollectContext& context, const ControlOrder& order,
                                const ControlTakers& takers) {
  if (!order.together.empty()) Ask(context, order.together, timeout_);
  const bool has_all = AskEach(context, order.alone, takers.listening);
  const auto is_new = [&](const std::string& worker) { return !scope_.HasAsked(worker); };
  const bool waits = std::any_of(order.later.begin(), order.later.end(), is_new) ||
                     std::any_of(order.alone.begin(), order.alone.end(), is_new);
  result_.held = order.held;
  // A listener has not answered, and a worker that was asked never has.
  const bool misses_asked = scope_.HasWaiting() && answered_.size() < takers.listening;
  result_.reach.misses_some = (waits && !has_all) || misses_asked;
  result_.reach.wants_more = waits && !has_all && MayGoOn() && !scope_.IsInDoubt() &&
                             (order.held == ControlOrder::Held::kNot ||
                              order.held == ControlOrder::Held::kAwaitsHeartbeats);
}

bool ControlInquiry::AskEach(const CollectContext& context, const std::vector<std::string>& workers,
                             std::size_t listening) {
  std::size_t asked = 0;
  int silent = 0;
  for (const std::string& worker : workers) {
    // The rest have mailboxes, but do not listen.
    if (answered_.size() >= listening) return true;
    if (!MayGoOn()) return false;
    if (!scope_.MayAsk(worker)) continue;
    const bool has_time = context.deadline.Remaining() > timeout_ / 2;
    result_.reach.is_whole = asked < kMostAlone && (has_time || asked == 0);
    if (!result_.reach.is_whole || silent == kMostSilent) return false;
    ++asked;
    if (AskAlone(context, worker) == methods_.size()) continue;
    ++silent;
    scope_.LookAt(*broker_.Takers(context), pulses_(), Now());
    // A reply that takes it longer than we wait may stop it, and the next worker as well.
    if (scope_.MayBeStopping(worker)) return false;
  }
  return answered_.size() >= listening;
}

// A call that failed may have been sent all the same: then the worker still has to answer it.
std::size_t ControlInquiry::AskAlone(const CollectContext& context, const std::string& worker) {
  try {
    return Ask(context, {{worker}}, timeout_ / 4)[worker];
  } catch (const CollectError&) {
    scope_.Failed(worker, pulses_());
    throw;
  }
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
  // A shorter wait says nothing about the workers.
  if (2 * wait >= window) scope_.Took(methods_.size(), round, workers, pulses_());
  for (const auto& [worker, calls] : round.answered) answered_.insert(worker);
  std::move(round.replies.begin(), round.replies.end(), std::back_inserter(result_.replies));
  return std::move(round.answered);
}

}  // namespace collectors
