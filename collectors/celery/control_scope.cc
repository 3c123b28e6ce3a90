#include "collectors/celery/control_scope.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

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

constexpr char kQueuesCall[] = "active_queues";

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

std::optional<std::vector<std::string>> ControlScope::OneOf(
    const std::vector<WorkerPulse>& pulses) const {
  if (has_replied_) return std::nullopt;
  if (pulses.empty() && !first_.empty()) return {{first_}};
  std::vector<std::string> hostnames;
  hostnames.reserve(pulses.size());
  for (const WorkerPulse& pulse : pulses) hostnames.push_back(pulse.hostname);
  // The same one until it is known not to reply.
  std::stable_partition(hostnames.begin(), hostnames.end(),
                        [&](const std::string& hostname) { return hostname == first_; });
  return hostnames;
}

void ControlScope::Took(std::size_t asked, const ControlRound& round,
                        const std::optional<std::vector<std::string>>& listeners,
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
  if (!has_replied_ && listeners && listeners->size() == 1) first_ = listeners->front();
  has_replied_ = has_replied_ || std::any_of(round.answered.begin(), round.answered.end(),
                                             [&](const auto& row) { return row.second >= asked; });
  std::set<std::string> judged;
  for (const WorkerPulse& pulse : pulses) {
    const bool is_listener = !listeners || std::find(listeners->begin(), listeners->end(),
                                                     pulse.hostname) != listeners->end();
    if (!is_listener) continue;
    Judge(pulse, asked, round);
    judged.insert(pulse.hostname);
  }
  std::erase_if(records_, [&](const auto& entry) { return !judged.contains(entry.first); });
  // Without listeners: one that never replied may be one that takes no control calls.
  if (!listeners && has_replied_) {
    std::erase_if(records_, [](const auto& entry) { return !entry.second.has_replied; });
  }
  for (const WorkerPulse& pulse : pulses) {
    const auto record = records_.find(pulse.hostname);
    if (record != records_.end()) JudgeSilence(pulse, record->second);
  }
}

void ControlScope::Judge(const WorkerPulse& pulse, std::size_t asked, const ControlRound& round) {
  Record& record = records_[pulse.hostname];
  if (record.process != pulse.process) record = {.process = pulse.process};
  const auto answered = round.answered.find(pulse.hostname);
  if (answered == round.answered.end()) {
    if (record.silent_rounds++ == 0) record.beats = pulse.beats;
    return;
  }
  record.has_replied = true;
  record.silent_rounds = 0;
  record.partial_rounds = answered->second < asked ? record.partial_rounds + 1 : 0;
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
