#include "collectors/celery/workers/control_scope.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <tuple>
#include <utility>

#include "collectors/celery/wire/content_type.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::SteadyTime;

// A worker that sends heartbeats, one every 2 s, also takes control calls. A worker of the solo
// pool does neither while a task runs.
constexpr int kSilentRounds = 2;
constexpr std::uint64_t kSilentBeats = 6;
constexpr int kPartialRounds = 3;

// For this long, a worker that was asked and may be stopped or busy keeps others waiting.
constexpr std::chrono::minutes kDoubt{10};

// A worker that is stopped removes its mailbox for a moment, and binds it anew.
constexpr int kLooksWithoutMailbox = 2;

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

bool HasMailbox(const ControlTakers& takers, const std::string& worker) {
  return std::binary_search(takers.workers.begin(), takers.workers.end(), worker);
}

std::size_t Dead(const ControlTakers& takers) {
  return takers.workers.size() - std::min(takers.workers.size(), takers.listening);
}

// Rounds until a worker is asked again that never replied and sends no heartbeats: it is dead or
// busy, or writes an error to its log each time.
std::uint64_t Patience(int silent_rounds) { return 1U << std::min(silent_rounds - 1, 8); }

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
  // The order matters: a worker answers one call after the other.
  std::vector<std::string> methods = {kQueuesCall, "stats", "active", "reserved"};
  if (!broker_tells_scheduled) methods.emplace_back("scheduled");
  return methods;
}

ControlOrder ControlScope::OrderOf(const ControlTakers& takers,
                                   const std::vector<WorkerPulse>& pulses, bool knows_heartbeats,
                                   SteadyTime now) {
  ++round_;
  const ByName by_name = ByNameOf(pulses);
  LookAt(takers, pulses, now);
  ForgetGone(by_name);
  ControlOrder order;
  order.held = HeldBy(pulses, knows_heartbeats);
  for (const std::string& worker : takers.workers) {
    const WorkerPulse* const pulse = Find(by_name, worker);
    const Record record = RecordOf(worker);
    const bool waits = HasAsked(worker) ? pulse == nullptr && record.next_round > round_
                                        : order.held != ControlOrder::Held::kNot;
    if (waits || !MayAsk(worker)) {
      order.later.push_back(worker);
    } else {
      (IsProven(record, pulse) ? order.together : order.alone).push_back(worker);
    }
  }
  SortByHope(order.alone, by_name);
  return order;
}

void ControlScope::TakePulses(const ByName& by_name) {
  for (auto& [hostname, record] : records_) {
    const WorkerPulse* const pulse = Find(by_name, hostname);
    // The first heartbeat of a worker is from the process that was asked.
    if (pulse != nullptr && !record.process) record.process = pulse->process;
    record.is_heard = pulse != nullptr && pulse->is_recent && pulse->process == record.process;
  }
}

void ControlScope::ForgetGone(const ByName& by_name) {
  for (auto& [hostname, record] : records_) {
    record.looks_without_mailbox =
        HasMailbox(takers_, hostname) ? 0 : record.looks_without_mailbox + 1;
  }
  std::erase_if(records_, [&](const auto& entry) {
    const auto& [hostname, record] = entry;
    const WorkerPulse* const pulse = Find(by_name, hostname);
    const bool is_next = pulse != nullptr && record.process != pulse->process;
    return is_next || (!record.is_heard && record.looks_without_mailbox >= kLooksWithoutMailbox);
  });
}

bool ControlScope::HasGoneInOrder(const std::string& worker, const ControlTakers& now) const {
  if (HasMailbox(now, worker)) return false;
  const Record record = RecordOf(worker);
  return !record.is_heard && worker != incomplete_ && !Waits(record);
}

bool ControlScope::FewerListen(const ControlTakers& now) const {
  const auto gone =
      std::count_if(takers_.workers.begin(), takers_.workers.end(),
                    [&](const std::string& worker) { return HasGoneInOrder(worker, now); });
  return now.listening + static_cast<std::size_t>(gone) < takers_.listening;
}

void ControlScope::LookAt(const ControlTakers& takers, const std::vector<WorkerPulse>& pulses,
                          SteadyTime now) {
  TakePulses(ByNameOf(pulses));
  const bool was_in_doubt = IsInDoubt();
  if (FewerListen(takers) && (was_in_doubt || !incomplete_.empty())) {
    if (was_in_doubt) loss_ = Loss{now, Waiting(), Dead(takers_)};
    AskLess(ErrorKind::kQuery,
            fmt::format("one worker fewer listens since {} was asked, which may have been stopped "
                        "by its reply: see its log",
                        incomplete_.empty() ? Waiting().front() : incomplete_));
  }
  takers_ = takers;
  now_ = now;
}

bool ControlScope::Waits(const Record& record) const {
  return !record.has_replied && record.silent_rounds > 0 && now_ - record.asked < kDoubt;
}

std::vector<std::string> ControlScope::Waiting() const {
  std::vector<std::string> waiting;
  for (const auto& [hostname, record] : records_) {
    if (Waits(record)) waiting.push_back(hostname);
  }
  return waiting;
}

bool ControlScope::IsInDoubt() const {
  const std::vector<std::string> waiting = Waiting();
  return waiting.size() > Dead(takers_) ||
         std::any_of(waiting.begin(), waiting.end(),
                     [&](const std::string& hostname) { return RecordOf(hostname).is_heard; });
}

bool ControlScope::MayHaveStopped() const {
  if (!loss_ || now_ - loss_->at >= kDoubt) return false;
  const auto open = std::count_if(loss_->suspects.begin(), loss_->suspects.end(),
                                  [&](const std::string& hostname) {
                                    return HasAsked(hostname) && !RecordOf(hostname).has_replied;
                                  });
  return open > 0 &&
         static_cast<std::size_t>(open) >= std::min(loss_->suspects.size(), loss_->dead + 1);
}

bool ControlScope::OwesReplies() const {
  const Record record = RecordOf(incomplete_);
  return mode_ == ControlMode::kFull && record.partial_rounds > 0 &&
         record.looks_without_mailbox < kLooksWithoutMailbox;
}

bool ControlScope::MayAsk(const std::string& hostname) const {
  if (OwesReplies() && hostname != incomplete_) return false;
  return HasAsked(hostname) || (!IsInDoubt() && !MayHaveStopped());
}

bool ControlScope::MayBeStopping(const std::string& hostname) const {
  const Record record = RecordOf(hostname);
  return mode_ == ControlMode::kFull &&
         (record.partial_rounds > 0 || record.is_heard || Dead(takers_) == 0);
}

ControlOrder::Held ControlScope::HeldBy(const std::vector<WorkerPulse>& pulses,
                                        bool knows_heartbeats) const {
  using Held = ControlOrder::Held;
  const auto beating = std::count_if(pulses.begin(), pulses.end(), [&](const WorkerPulse& pulse) {
    return pulse.is_recent && HasMailbox(takers_, pulse.hostname);
  });
  if (static_cast<std::size_t>(beating) > takers_.listening) return Held::kDeaf;
  if (MayHaveStopped()) return Held::kMayHaveStopped;
  if (IsInDoubt() || OwesReplies()) return Held::kInDoubt;
  return !knows_heartbeats && Dead(takers_) > 0 ? Held::kAwaitsHeartbeats : Held::kNot;
}

// First the workers that are likely to reply; among these, the one that has waited longest.
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

// Without heartbeats a new process of the same name goes unnoticed.
bool ControlScope::IsProven(const Record& record, const WorkerPulse* pulse) const {
  // A worker that was silent last time may be dead, and all others would wait for it.
  return mode_ == ControlMode::kQueues && record.has_replied && record.silent_rounds == 0 &&
         (pulse != nullptr ? pulse->is_recent : !record.process);
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
  if (workers && workers->size() == 1) {
    const auto answers = round.answered.find(workers->front());
    const bool is_whole = answers != round.answered.end() && answers->second >= asked;
    incomplete_ = is_whole ? "" : workers->front();
  }
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

// For a broker that does not report the recipients. If another worker replied, one that never did
// may not take control calls, and is forgotten.
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
  record.is_heard = pulse != nullptr && pulse->is_recent;
  const auto answered = round.answered.find(hostname);
  if (answered == round.answered.end()) {
    if (record.silent_rounds++ == 0) {
      record.beats = pulse == nullptr ? 0 : pulse->beats;
      record.asked = now_;
    }
    if (!record.has_replied) record.next_round = round_ + Patience(record.silent_rounds);
    if (record.partial_rounds > 0) ++record.partial_rounds;
  } else {
    record.has_replied = true;
    record.silent_rounds = 0;
    record.partial_rounds = answered->second < asked ? record.partial_rounds + 1 : 0;
  }
  if (record.partial_rounds < kPartialRounds) return;
  AskLess(ErrorKind::kQuery,
          fmt::format("{} answers some control calls and not all, which its log may explain",
                      hostname));
}

void ControlScope::Failed(const std::string& hostname, const std::vector<WorkerPulse>& pulses) {
  incomplete_ = hostname;
  Record& record = records_[hostname];
  if (record.has_replied || record.silent_rounds > 0) return;
  const ByName by_name = ByNameOf(pulses);
  const WorkerPulse* const pulse = Find(by_name, hostname);
  record.silent_rounds = 1;
  record.asked = now_;
  record.beats = pulse == nullptr ? 0 : pulse->beats;
  record.is_heard = pulse != nullptr && pulse->is_recent;
}

void ControlScope::JudgeSilence(const WorkerPulse& pulse, const Record& record) {
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
