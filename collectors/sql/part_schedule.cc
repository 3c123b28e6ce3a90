#include "collectors/sql/part_schedule.h"

#include <algorithm>
#include <iterator>
#include <optional>
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

void MoveToBack(std::vector<std::size_t>& order, std::size_t index) {
  const auto found = std::ranges::find(order, index);
  if (found != order.end()) std::rotate(found, found + 1, order.end());
}

PartSchedule::PartSchedule(std::vector<std::unique_ptr<SqlPart>> parts,
                           std::chrono::milliseconds interval)
    : interval_(interval) {
  for (auto& part : parts) {
    order_.push_back(entries_.size());
    entries_.push_back({std::move(part), SteadyTime::min()});
  }
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
  bool answered = false;
  std::optional<std::size_t> slow;
  for (const std::size_t index : order_) {
    Entry& entry = entries_[index];
    if (!IsDue(entry, run.now)) continue;
    const PartResult result = RefreshOne(run, entry);
    if (result == PartResult::kTimedOut && !slow) slow = index;
    answered = answered || !run.context.deadline.Expired();
  }
  if (slow) MoveToBack(order_, *slow);
  // Nothing was due, or nobody answered: both are settled by asking.
  if (!answered) run.session.Query(run.context, {.text = "SELECT 1"});
}

PartResult PartSchedule::RefreshOne(const SqlRun& run, Entry& entry) const {
  if (run.context.deadline.Expired()) {
    entry.part->Skip();
    return PartResult::kTimedOut;
  }
  const PartResult result = entry.part->Refresh(run);
  // What failed is asked again in the next run, unless it is slow.
  const auto interval = entry.part->Interval();
  entry.next_due = interval && result != PartResult::kFailed ? run.now + *interval : run.now;
  return result;
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
