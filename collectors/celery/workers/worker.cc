#include "collectors/celery/workers/worker.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace collectors {
namespace {

using exporter::SteadyTime;
using std::chrono::seconds;

// An event that is older than the last one by more than this is not late: a clock was set back.
constexpr double kLateSeconds = 60;
// A worker that shuts down may still have replied to the round in progress.
constexpr seconds kRoundAtMost{5};
constexpr int kRoundsOfFacts = 5;
constexpr int kMostRoundsOfFacts = 40;
// A worker that is silent for this long after its next heartbeat was due is busy, and cannot reply.
constexpr seconds kLateBeat{2};
// Celery's default, and the longest that is believed.
constexpr seconds kUsualPace{2};
constexpr double kSlowestPace = 3600;
// Two events of one process are equally far apart by its clock and by ours.
constexpr double kPaceSlack = 1;
constexpr double kLeastPace = 0.5;
constexpr int kRoundsOfLife = 2;
constexpr seconds kRoundSlack{10};

// How long a reply is good.
Worker::Duration LifeOfReply(const Silence& silence) {
  return kRoundsOfLife * silence.reply_interval + kRoundSlack;
}

// A worker without heartbeats is heard only in its replies.
Worker::Duration LongestSilence(const Silence& silence, bool beats) {
  return beats ? silence.timeout
               : std::max<Worker::Duration>(silence.timeout, LifeOfReply(silence));
}

}  // namespace

void Worker::Heard(const CeleryEvent& event, SteadyTime now, const Deafness& deaf) {
  if (IsLate(event, now)) {
    // Not counted; but its sender is alive, whatever its clock says.
    if (!is_offline()) Revive(now, deaf);
    return;
  }
  if (event.type == EventType::kWorkerOffline) {
    if (!is_offline()) heard_ = now;
    leaving_ = {ProcessOf(event), now};
    ForgetProcess();
  } else if (is_offline() && IsTaskEvent(event.type)) {
    leaving_->heard = now;
  } else {
    Revive(now, deaf);
  }
  if (!IsTaskEvent(event.type)) {
    TakeBeat(event, now);
  } else {
    processes_.Heard(event, now);
    sent_task_event_ = true;
    told_silent_ = false;
    Missed();
  }
}

// Whether the event came before, or was overtaken by a later one. Task events are taken in any
// order, except those that were on their way when their worker announced its shutdown. Of two
// events at the same time, worker-offline is the last.
bool Worker::IsLate(const CeleryEvent& event, SteadyTime now) {
  if (!event.timestamp || !stamp_) return false;
  if (*event.timestamp > *stamp_ || *event.timestamp < *stamp_ - kLateSeconds) return false;
  if (*event.timestamp == *stamp_ && event.type == EventType::kWorkerOffline) return is_offline();
  if (IsTaskEvent(event.type)) return is_offline();
  return !IsOfBehind(*event.timestamp, now);
}

// Two workers may have been given one name, with clocks that differ. The heartbeats of the one
// whose clock is behind are always older than the other's, but arrive at the pace of their own
// stamps.
bool Worker::IsOfBehind(double stamp, SteadyTime now) {
  if (stamp == stamp_) return false;
  const std::optional<Behind> before = std::exchange(behind_, Behind{stamp, now});
  if (!before) return false;
  const double by_us = std::chrono::duration<double>(now - before->heard).count();
  const double by_it = stamp - before->stamp;
  return by_it >= kLeastPace && std::abs(by_us - by_it) <= kPaceSlack;
}

void Worker::Revive(SteadyTime now, const Deafness& deaf) {
  if (now - heard_ <= pace_ + kLateBeat) audible_ += now - heard_;
  heard_ = now;
  deaf_ = deaf;
  if (leaving_ && !has_ended_) processes_.End(leaving_->process, leaving_->heard);
  leaving_.reset();
  has_ended_ = false;
}

void Worker::TakeBeat(const CeleryEvent& event, SteadyTime now) {
  beats_ = true;
  ++beat_count_;
  if (event.freq && *event.freq > 0 && *event.freq <= kSlowestPace) {
    pace_ = std::max<Duration>(kUsualPace, std::chrono::duration_cast<Duration>(
                                               std::chrono::duration<double>(*event.freq)));
  }
  const bool is_behind = event.timestamp && stamp_ && *event.timestamp <= *stamp_ &&
                         *event.timestamp >= *stamp_ - kLateSeconds;
  if (event.timestamp && !is_behind) stamp_ = event.timestamp;
  if (const auto active = TaskNumber(event.active)) active_ = active;
  if (processes_.TakeBeat(event, now) == WorkerProcesses::Beat::kOfNext) return BeginProcess();
  grew_before_ = grew_;
  grew_ = !sent_task_event_ && (grew_ || processes_.grew());
}

void Worker::BeginProcess() {
  ++process_number_;
  beat_count_ = 1;
  sent_task_event_ = false;
  told_silent_ = false;
  Missed();
  ForgetProcess();
}

// The next process mostly serves the same queues with as many slots.
void Worker::ForgetProcess() {
  facts_.active = facts_.reserved = facts_.scheduled = {};
  facts_.prefetch_count = facts_.uptime_seconds = {};
}

void Worker::AskedLess() {
  ForgetProcess();
  facts_.slots = facts_.processes = {};
}

void Worker::Missed() { grew_ = grew_before_ = false; }

std::optional<bool> Worker::SendsTaskEvents() const {
  if (sent_task_event_) return true;
  // Its task events may come after the heartbeat that counts them, so one more heartbeat is
  // awaited.
  if (told_silent_ || grew_before_) return false;
  return {};
}

bool Worker::TakeSilent() {
  if (told_silent_ || SendsTaskEvents() != false) return false;
  told_silent_ = true;
  return true;
}

std::vector<EndedWork> Worker::TakeEnded(SteadyTime now, const Deafness& deaf,
                                         const Silence& silence) {
  const bool is_over = leaving_ ? now - leaving_->heard >= silence.timeout
                                : LifeAt(now, deaf, silence) == Life::kDown;
  return is_over ? TakeAll(now) : processes_.TakeEnded();
}

std::vector<EndedWork> Worker::TakeAll(SteadyTime now) {
  if (!std::exchange(has_ended_, true)) processes_.EndAll(now);
  return processes_.TakeEnded();
}

void Worker::Replied(const WorkerReply& reply, SteadyTime round, const Deafness& deaf) {
  if (is_offline() && round - heard_ < kRoundAtMost) return;
  Revive(round, deaf);
  audible_ = {};
  if (replied_ != round) facts_.active = facts_.reserved = facts_.scheduled = {};
  replied_ = round;
  if (reply.active) facts_.active = reply.active;
  if (reply.reserved) facts_.reserved = reply.reserved;
  if (reply.scheduled) facts_.scheduled = reply.scheduled;
  if (reply.queues) {
    facts_.queues = reply.queues;
    facts_.overtaking = reply.overtaking;
  }
  if (reply.slots) facts_.slots = reply.slots;
  if (reply.processes) facts_.processes = reply.processes;
  if (reply.prefetch_count) facts_.prefetch_count = reply.prefetch_count;
  if (reply.uptime_seconds) facts_.uptime_seconds = reply.uptime_seconds;
}

// If the worker's heartbeats were read while such events already came, those are another sender's.
Worker::Duration Worker::UnheardFor(const Deafness& deaf) const {
  const bool may_be_its_own = !beats_ || heard_ < deaf.foreign_since;
  const Duration foreign = may_be_its_own ? deaf.foreign - deaf_.foreign : Duration();
  return deaf.down - deaf_.down + std::max(foreign, Duration());
}

Life Worker::LifeAt(SteadyTime now, const Deafness& deaf, const Silence& silence) const {
  if (is_offline()) return Life::kDown;
  const Duration silent = now - heard_;
  const Duration longest = LongestSilence(silence, beats_);
  if (silent < longest) return Life::kUp;
  if (silent - UnheardFor(deaf) >= longest) return Life::kDown;
  return replied_ && now - *replied_ < LifeOfReply(silence) ? Life::kUp : Life::kUnknown;
}

SteadyTime Worker::DownSince(const Deafness& deaf, const Silence& silence) const {
  if (is_offline()) return heard_;
  return heard_ + LongestSilence(silence, beats_) + UnheardFor(deaf);
}

bool Worker::HasReplied(std::optional<SteadyTime> round, SteadyTime now,
                        const Silence& silence) const {
  return replied_ && replied_ == round && now - *replied_ <= LifeOfReply(silence);
}

// A worker that is silent, such as a solo worker in a task, cannot reply, and does not change
// meanwhile.
const WorkerReply* Worker::Facts(const Silence& silence) const {
  if (!replied_ || audible_ > kRoundsOfFacts * silence.reply_interval) return nullptr;
  // Also null for a worker that never counts as audible, because its events are too far apart.
  if (heard_ - *replied_ > kMostRoundsOfFacts * silence.reply_interval) return nullptr;
  return &facts_;
}

}  // namespace collectors
