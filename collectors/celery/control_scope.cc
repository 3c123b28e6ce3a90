#include "collectors/celery/control_scope.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "collectors/celery/content_type.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;

// A worker that sends heartbeats, one each 2 s, takes up control calls as well. One of the
// solo pool does neither while a task runs.
constexpr int kSilentRounds = 2;
constexpr std::uint64_t kSilentBeats = 6;
constexpr int kPartialRounds = 3;

// At who listens, until those that have come are thought to do.
constexpr int kLooks = 5;

constexpr char kQueuesCall[] = "active_queues";

using ByName = std::map<std::string_view, const WorkerPulse*>;

ByName ByNameOf(const std::vector<WorkerPulse>& pulses) {
  ByName by_name;
  for (const WorkerPulse& pulse : pulses) by_name[pulse.hostname] = &pulse;
  return by_name;
}

const WorkerPulse* Find(const ByName& by_name, std::string_view hostname) {
  const auto found = by_name.find(hostname);
  return found == by_name.end() ? nullptr : found->second;
}

// How many of the names, which are in order, are not among the others.
std::size_t Missing(const std::vector<std::string>& names, const std::vector<std::string>& others) {
  return std::count_if(names.begin(), names.end(), [&](const std::string& name) {
    return !std::binary_search(others.begin(), others.end(), name);
  });
}

// One that goes in order takes its mailbox along. One that comes has it a moment before it
// listens.
bool FewerListen(const ControlTakers& before, const ControlTakers& now) {
  return now.listening + Missing(before.workers, now.workers) <
         before.listening + Missing(now.workers, before.workers);
}

bool HaveCome(const ControlTakers& before, const ControlTakers& now) {
  return Missing(now.workers, before.workers) > 0;
}

// Rounds until one is asked again that never replied and sends no heartbeats: it is dead, or
// busy, or complains in its log each time.
std::uint64_t Patience(int silent_rounds) { return 1U << std::min(silent_rounds - 1, 8); }

ControlOrder::Held HeldBy(const ControlTakers& takers, const std::vector<WorkerPulse>& pulses,
                          bool knows_heartbeats, const std::set<std::string>& present) {
  const auto beating = std::count_if(pulses.begin(), pulses.end(), [&](const WorkerPulse& pulse) {
    return pulse.is_recent && present.contains(pulse.hostname);
  });
  if (static_cast<std::size_t>(beating) > takers.listening) return ControlOrder::Held::kDeaf;
  const bool awaits = !knows_heartbeats && takers.listening < takers.workers.size();
  return awaits ? ControlOrder::Held::kAwaitsHeartbeats : ControlOrder::Held::kNot;
}

}  // namespace

std::vector<std::string> ControlScope::Methods(bool broker_tells_scheduled) const {
  switch (mode_) {
    case ControlMode::kNone:
      return {};
    case ControlMode::kQueues:
      return {kQueuesCall};
    case ControlMode::kFull:
      break;
  }
  // In this order: a worker answers one after the other.
  std::vector<std::string> methods = {kQueuesCall, "stats", "active", "reserved"};
  if (!broker_tells_scheduled) methods.emplace_back("scheduled");
  return methods;
}

ControlOrder ControlScope::OrderOf(const ControlTakers& takers,
                                   const std::vector<WorkerPulse>& pulses, bool knows_heartbeats) {
  const std::set<std::string> present(takers.workers.begin(), takers.workers.end());
  std::erase_if(records_, [&](const auto& entry) { return !present.contains(entry.first); });
  ++round_;
  ControlOrder order;
  const ByName by_name = ByNameOf(pulses);
  for (const std::string& worker : takers.workers) {
    const WorkerPulse* const pulse = Find(by_name, worker);
    const Record record = RecordOf(worker);
    const bool is_rested = pulse == nullptr && record.next_round > round_;
    if (is_rested && !IsInDoubt(record, pulse, knows_heartbeats)) continue;
    const bool joins = MayBeAskedWithOthers(record, pulse);
    (joins ? order.together : order.alone).push_back(worker);
  }
  const auto in_doubt = [&](const std::string& worker) {
    return IsInDoubt(RecordOf(worker), Find(by_name, worker), knows_heartbeats);
  };
  SortByHope(order.alone, by_name);
  order.held = Settle(takers) ? HeldBy(takers, pulses, knows_heartbeats, present)
                              : ControlOrder::Held::kUnsettled;
  order.in_doubt = std::any_of(order.alone.begin(), order.alone.end(), in_doubt);
  order.askable = order.held == ControlOrder::Held::kNot ? order.alone.size() : 0;
  if (!order.in_doubt || order.askable == 0) return order;
  const auto unproven =
      std::stable_partition(order.alone.begin(), order.alone.end(),
                            [&](const auto& worker) { return RecordOf(worker).has_replied; });
  std::stable_partition(unproven, order.alone.end(), in_doubt);
  order.askable = static_cast<std::size_t>(unproven - order.alone.begin()) + 1;
  return order;
}

// Those of whom a reply can be expected first, and of these who waits for the longest.
void ControlScope::SortByHope(std::vector<std::string>& workers, const ByName& by_name) const {
  const auto rank = [&](const std::string& worker) {
    const Record record = RecordOf(worker);
    return std::tuple(record.silent_rounds > 0, !by_name.contains(worker), record.turn);
  };
  std::stable_sort(
      workers.begin(), workers.end(),
      [&](const std::string& one, const std::string& other) { return rank(one) < rank(other); });
}

ControlScope::Record ControlScope::RecordOf(const std::string& hostname) const {
  const auto found = records_.find(hostname);
  return found == records_.end() ? Record{} : found->second;
}

// One that sends no heartbeats is no longer waited for than until they would have come.
bool ControlScope::IsInDoubt(const Record& record, const WorkerPulse* pulse,
                             bool knows_heartbeats) {
  if (record.silent_rounds == 0 || record.has_replied) return false;
  return pulse == nullptr
             ? !knows_heartbeats
             : pulse->is_recent && record.process.value_or(pulse->process) == pulse->process;
}

bool ControlScope::IsInDoubt(const std::string& hostname, const std::vector<WorkerPulse>& pulses,
                             bool knows_heartbeats) const {
  return IsInDoubt(RecordOf(hostname), Find(ByNameOf(pulses), hostname), knows_heartbeats);
}

bool ControlScope::MayBeAskedWithOthers(const Record& record, const WorkerPulse* pulse) const {
  return mode_ == ControlMode::kQueues && pulse != nullptr && record.has_replied &&
         record.process == pulse->process;
}

void ControlScope::Took(std::size_t asked, const ControlRound& round,
                        const std::optional<std::vector<std::string>>& workers,
                        const std::vector<WorkerPulse>& pulses) {
  if (!round.foreign_type.empty()) {
    return Stop(ErrorKind::kProtocol,
                fmt::format("workers reply in {}, not in JSON: they write replies with Celery's "
                            "task_serializer. Workers are asked no more: set control: false",
                            round.foreign_type));
  }
  if (!round.failed_method.empty()) {
    const std::string why = fmt::format("{} answered {} with an error, which its log shows",
                                        round.failed_worker, round.failed_method);
    return round.failed_method == kQueuesCall
               ? Stop(ErrorKind::kQuery, why + ": set control: false")
               : AskLess(ErrorKind::kQuery, why);
  }
  ++turn_;
  const ByName by_name = ByNameOf(pulses);
  if (workers) {
    for (const auto& worker : *workers) Judge(worker, Find(by_name, worker), asked, round);
  } else {
    for (const auto& pulse : pulses) Judge(pulse.hostname, &pulse, asked, round);
    ForgetUntold(pulses);
  }
  for (const WorkerPulse& pulse : pulses) {
    const auto record = records_.find(pulse.hostname);
    if (record != records_.end()) JudgeSilence(pulse, record->second);
  }
}

// Of a broker that does not tell whom it asked. One that never replied may be one that takes
// no control calls, if another did.
void ControlScope::ForgetUntold(const std::vector<WorkerPulse>& pulses) {
  const ByName by_name = ByNameOf(pulses);
  std::erase_if(records_, [&](const auto& entry) { return !by_name.contains(entry.first); });
  const auto replies = [](const auto& entry) { return entry.second.has_replied; };
  has_replied_ = has_replied_ || std::any_of(records_.begin(), records_.end(), replies);
  if (has_replied_) std::erase_if(records_, [&](const auto& entry) { return !replies(entry); });
}

void ControlScope::Judge(const std::string& hostname, const WorkerPulse* pulse, std::size_t asked,
                         const ControlRound& round) {
  Record& record = records_[hostname];
  if (pulse != nullptr && record.process != pulse->process) record = {.process = pulse->process};
  record.turn = turn_;
  const auto answered = round.answered.find(hostname);
  if (answered == round.answered.end()) {
    if (record.silent_rounds++ == 0) record.beats = pulse == nullptr ? 0 : pulse->beats;
    if (!record.has_replied) record.next_round = round_ + Patience(record.silent_rounds);
    return;
  }
  record.has_replied = true;
  record.silent_rounds = 0;
  record.partial_rounds = answered->second < asked ? record.partial_rounds + 1 : 0;
}

void ControlScope::Suspect(const std::string& hostname, const ControlTakers& before) {
  suspicion_ = Suspicion{hostname, before};
}

bool ControlScope::Answered(std::size_t answered, std::size_t asked) {
  if (suspicion_) suspicion_->answered = answered;
  if (answered < asked) return false;
  suspicion_.reset();
  return true;
}

void ControlScope::LookAt(const ControlTakers& now) {
  if (!suspicion_ || !FewerListen(suspicion_->before, now)) return;
  if (HaveCome(suspicion_->before, now)) return;
  Stopped(*std::exchange(suspicion_, std::nullopt));
}

bool ControlScope::Settle(const ControlTakers& now) {
  if (!suspicion_) return true;
  LookAt(now);
  if (!suspicion_) return true;
  const bool fewer_listen = FewerListen(suspicion_->before, now);
  if (fewer_listen && ++suspicion_->looks < kLooks) return false;
  if (fewer_listen) Stopped(*suspicion_);
  suspicion_.reset();
  return true;
}

void ControlScope::Stopped(const Suspicion& suspicion) {
  const std::string why = fmt::format(
      "{} listens to nobody since it was asked: it could not write its reply, as its "
      "log shows, and takes no task until it is started again",
      suspicion.hostname);
  if (suspicion.answered > 0) return AskLess(ErrorKind::kQuery, why);
  Stop(ErrorKind::kQuery, fmt::format("{}. Workers are asked no more: set control: {}", why,
                                      mode_ == ControlMode::kFull));
}

void ControlScope::JudgeSilence(const WorkerPulse& pulse, const Record& record) {
  if (record.partial_rounds >= kPartialRounds) {
    return AskLess(
        ErrorKind::kQuery,
        fmt::format("{} answers some control calls and not all, which its log may explain",
                    pulse.hostname));
  }
  const bool is_silent =
      record.silent_rounds >= kSilentRounds && pulse.beats >= record.beats + kSilentBeats;
  if (!is_silent) return;
  if (record.has_replied) {
    return AskLess(ErrorKind::kQuery,
                   fmt::format("{} sends heartbeats and replies no more: if it takes no tasks "
                               "either, start it again",
                               pulse.hostname));
  }
  Stop(ErrorKind::kQuery,
       fmt::format("{} sends heartbeats and has never replied to a control call. Workers are asked "
                   "no more. See its log: after EncodeError set control: {} and start that worker "
                   "again; after ContentDisallowed (accept_content lacks json) set control: false",
                   pulse.hostname, mode_ == ControlMode::kFull));
}

void ControlScope::HeardEvents(std::string_view content_type) {
  if (IsJson(content_type)) return;
  Stop(ErrorKind::kProtocol,
       fmt::format("workers are not asked: their events are {}, not JSON, and so may be the "
                   "messages that they take: set control: false, or event_serializer = 'json'",
                   content_type));
}

// The first reason stays.
void ControlScope::Stop(ErrorKind kind, const std::string& why) {
  if (mode_ == ControlMode::kNone) return;
  mode_ = ControlMode::kNone;
  problem_.emplace(kind, why, "control");
}

void ControlScope::AskLess(ErrorKind kind, const std::string& why) {
  if (mode_ != ControlMode::kFull) return;
  mode_ = ControlMode::kQueues;
  problem_.emplace(kind,
                   why +
                       ". Workers are asked for their queues alone from now on, as by control: "
                       "true, until the exporter starts again",
                   "control");
}

}  // namespace collectors
