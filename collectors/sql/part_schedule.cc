#include "collectors/sql/part_schedule.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace collectors {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::SteadyTime;

bool EndsRun(ErrorKind kind) {
  return kind == ErrorKind::kConnect || kind == ErrorKind::kAuth || kind == ErrorKind::kProtocol;
}

CollectError NoTimeLeft(const std::string& part) {
  return {ErrorKind::kTimeout, "not asked: the other parts took all the time", part};
}

PartSchedule::PartSchedule(std::vector<std::unique_ptr<SqlPart>> parts,
                           std::chrono::milliseconds interval)
    : interval_(interval) {
  for (auto& part : parts) entries_.push_back({std::move(part), SteadyTime::min()});
}

exporter::Reading PartSchedule::Collect(const SqlRun& run) {
  // Apart from the statements: a failure here is the target's.
  run.session.ServerVersion(run.context);
  Refresh(run);
  exporter::Reading reading;
  for (const Entry& entry : entries_) {
    entry.part->Write(reading.families, run.now);
    std::ranges::move(entry.part->Problems(), std::back_inserter(reading.problems));
  }
  return reading;
}

void PartSchedule::Refresh(const SqlRun& run) {
  const exporter::Deadline deadline = run.context.deadline;
  bool answered = false;
  SqlPart* slow = nullptr;
  for (Entry& entry : entries_) {
    if (!IsDue(entry, run.now)) continue;
    if (deadline.Expired()) {
      entry.part->Skip();
      continue;
    }
    const PartResult result = entry.part->Refresh(run);
    Reschedule(entry, result, run.now);
    if (result == PartResult::kTimedOut && slow == nullptr) slow = entry.part.get();
    answered = answered || !deadline.Expired();
  }
  if (!answered) {
    // Nothing was due, or nobody answered: both are settled by asking.
    run.session.Query(run.context, {.text = "SELECT 1"});
  }
  const auto found = std::ranges::find_if(
      entries_, [&](const Entry& entry) { return slow != nullptr && entry.part.get() == slow; });
  if (found != entries_.end()) std::rotate(found, found + 1, entries_.end());
}

void PartSchedule::Reschedule(Entry& entry, PartResult result, SteadyTime now) const {
  const auto interval = entry.part->Interval();
  // What failed is asked again in the next run, unless it is slow.
  const bool wait = interval && result != PartResult::kFailed;
  entry.next_due = wait ? now + *interval : now;
}

// Runs are never exactly an interval apart, so the nearest one counts.
bool PartSchedule::IsDue(const Entry& entry, SteadyTime now) const {
  return entry.next_due <= now + interval_ / 2;
}

std::vector<exporter::SeriesId> PartSchedule::Claims() const {
  std::vector<exporter::SeriesId> claims;
  for (const Entry& entry : entries_) {
    std::ranges::move(entry.part->Claims(), std::back_inserter(claims));
  }
  return claims;
}

}  // namespace collectors
