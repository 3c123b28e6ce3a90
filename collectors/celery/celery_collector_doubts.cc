// What a CeleryCollector cannot know, and why.

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "collectors/celery/celery_collector.h"
#include "exporter/seam/log.h"

namespace collectors {
namespace {

using exporter::ErrorKind;
using exporter::MutexLock;
using exporter::Reading;
using exporter::SteadyTime;
using std::chrono::steady_clock;

// While the stream is whole, everything sent longer ago than this has arrived.
constexpr std::chrono::seconds kLatest{5};
constexpr std::size_t kMaxNamed = 10;  // Workers or queues in a line of the log.
// If a worker that was asked for the first time is silent for this long, a problem says that others
// wait for it.
constexpr std::chrono::seconds kDoubtFor{30};
constexpr std::chrono::hours kSilenceLogInterval{1};

std::string Listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kMaxNamed; ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > kMaxNamed) text += fmt::format(" and {} more", names.size() - kMaxNamed);
  return text;
}

}  // namespace

void CeleryCollector::NoteDeaf(SteadyTime now) {
  StreamHealth health;
  if (listener_ != nullptr) {
    health = listener_->health();
    is_whole_ = health.up && now - health.caught_up < kLatest;
  }
  const std::chrono::duration<double> foreign(health.foreign_seconds);
  heard_.workers.Deaf(
      deaf_.Count(now, health.down_seconds - health.foreign_seconds, broker_->BlocksPublishers()));
  heard_.workers.SetForeign(std::chrono::duration_cast<Worker::Duration>(foreign),
                            health.foreign_since);
  // A missed event may be of any task.
  if (deaf_.was_down() || !health.foreign_type.empty()) heard_.tally.Missed();
}

// Silence says nothing about workers while the broker blocks publishers, nor before the first
// worker is heard.
void CeleryCollector::AddDoubts(SteadyTime now, Reading& reading) {
  NoteDeaf(now);
  if (options_.control == ControlMode::kNone) return;
  heard_.workers.SetUnheard(unheard_.AreThere(heard_.workers.HasHeardAny(), now));
  // If events are not JSON, that is reported instead.
  const bool is_foreign = listener_ != nullptr && !listener_->health().foreign_type.empty();
  auto problem = unheard_.Problem(now);
  if (problem && !is_foreign) reading.standing.push_back(*std::move(problem));
}

void CeleryCollector::DoubtAges(Told& told, Reading& reading) {
  DoubtUnacked(told.broker, reading);
  NameOvertaken(told, reading);
}

void CeleryCollector::NameOvertaken(const Told& told, Reading& reading) {
  std::vector<std::string> names;
  {
    const MutexLock lock(heard_.mutex);
    for (std::size_t i = 0; i < told.ages.size(); ++i) {
      const QueueReading& queue = told.broker.queues[i];
      if (!told.ages[i] && queue.waiting && heard_.tally.IsOvertaken(queue.name))
        names.push_back(queue.name);
    }
  }
  if (names.empty()) return;
  reading.standing.emplace_back(
      ErrorKind::kMissing,
      fmt::format("how long tasks wait in {} is not known: tasks are taken, or removed, and no "
                  "event tells which, and a later one may come first: there are priorities, or no "
                  "worker says that there are none. Set worker_send_task_events = True, or start "
                  "the workers with -E. A worker with the pool solo says nothing while it runs a "
                  "task",
                  Listed(names)),
      "ages");
}

// Redis records when a message was delivered, by the clock of the worker that took it, but not
// which worker that was.
void CeleryCollector::DoubtUnacked(BrokerReading& broker, Reading& reading) {
  if (broker.unacked.value_or(0) == 0) return;
  std::optional<std::string> off;
  {
    const MutexLock lock(heard_.mutex);
    off = heard_.workers.WithClockOff();
  }
  if (!off) return;
  broker.oldest_unacked_age_seconds.reset();
  broker.overdue.reset();
  reading.standing.emplace_back(
      ErrorKind::kQuery,
      fmt::format("a worker's clock is off, {}. For how long messages are unacknowledged, and "
                  "whether they are overdue, is not known until it is set (NTP)",
                  *off),
      "clocks");
}

void CeleryCollector::AddHeld(Reading& reading) const {
  if (held_ != ControlOrder::Held::kInDoubt || steady_clock::now() - held_since_ < kDoubtFor)
    return;
  reading.standing.emplace_back(
      ErrorKind::kMissing,
      "a worker that was asked for the first time has not answered yet: it is busy. Until it does, "
      "for ten minutes at most, workers that were not asked before are not asked",
      control_.part);
}

// At most once an hour: if workers come and go all day, each new one is silent again.
void CeleryCollector::LogSilent(const std::vector<std::string>& workers, SteadyTime now) {
  if (workers.empty()) return;
  if (silence_logged_ && now - *silence_logged_ < kSilenceLogInterval) return;
  silence_logged_ = now;
  exporter::Log(exporter::LogLevel::kWarn,
                "workers take tasks and send no task events: their tasks are not counted",
                {{"collector", options_.name},
                 {"workers", Listed(workers)},
                 {"setting", "worker_send_task_events = True, or celery worker -E"}});
}

void CeleryCollector::LogNoSender() {
  if (std::exchange(sender_logged_, true)) return;
  exporter::Log(exporter::LogLevel::kWarn,
                "workers take tasks and no sender tells of them: how long tasks wait is not known",
                {{"collector", options_.name},
                 {"setting", "task_send_sent_event = True, for those who send tasks"}});
}

}  // namespace collectors
