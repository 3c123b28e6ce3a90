#include "collectors/sql/count_scan.h"

#include <algorithm>
#include <utility>

#include "collectors/sql/part_schedule.h"

namespace collectors {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::SteadyTime;

CountScan::CountScan(std::vector<SqlCount> counts, SqlStatement options)
    : options_(std::move(options)) {
  for (SqlCount& count : counts) {
    MetricSeries series(count.metric, count.rules);
    order_.push_back(entries_.size());
    entries_.push_back({std::move(count), std::move(series), std::nullopt, false});
  }
}

CountScan::Indexes CountScan::Sharing() const {
  Indexes sharing;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (shares_ && !suspects_ && !entries_[i].apart) sharing.push_back(i);
  }
  if (sharing.size() < 2) sharing.clear();
  return sharing;
}

PartResult CountScan::Refresh(const SqlRun& run) {
  Indexes shared = Sharing();
  for (Entry& entry : entries_) entry.problem.reset();
  try {
    if (!shared.empty() && !AskShared(run, shared)) shared.clear();
  } catch (const CollectError& error) {
    if (error.kind() != ErrorKind::kTimeout) throw;
    Postpone(error);
    return PartResult::kTimedOut;
  }
  return AskApart(run, shared);
}

// To run apart in this run would take longer still. A lock on the table looks
// the same, so it takes a second time to give up sharing.
void CountScan::Postpone(const CollectError& error) {
  shares_ = !each_is_quick_;
  suspects_ = true;
  for (Entry& entry : entries_) {
    entry.problem = CollectError(error.kind(), error.what(), entry.count.metric.name);
  }
}

void CountScan::Ask(const SqlRun& run, const Indexes& indexes) {
  std::vector<const SqlCount*> counts;
  for (const std::size_t index : indexes) counts.push_back(&entries_[index].count);
  SqlStatement statement = options_;
  statement.text = CountStatement(counts);
  const Rows rows = run.session.Query(run.context, statement);
  for (std::size_t i = 0; i < indexes.size(); ++i) {
    Entry& entry = entries_[indexes[i]];
    MappedSamples found = RollUp(rows, entry.count, i);
    entry.problem = found.problem;
    entry.series.Found(std::move(found), run.now);
  }
}

bool CountScan::AskShared(const SqlRun& run, const Indexes& indexes) {
  try {
    Ask(run, indexes);
    each_is_quick_ = false;
    return true;
  } catch (const CollectError& error) {
    // One count's fault must not cost the others.
    if (EndsRun(error.kind()) || error.kind() == ErrorKind::kTimeout) throw;
    if (error.kind() == ErrorKind::kLimit) shares_ = false;
    return false;
  }
}

PartResult CountScan::AskApart(const SqlRun& run, const Indexes& done) {
  std::optional<std::size_t> slow;
  for (const std::size_t index : order_) {
    if (std::ranges::find(done, index) != done.end()) continue;
    if (!AskOne(run, entries_[index], index) && !slow) slow = index;
  }
  if (std::exchange(suspects_, false)) each_is_quick_ = !slow;
  if (!slow) return PartResult::kDone;
  MoveToBack(order_, *slow);
  return PartResult::kTimedOut;
}

bool CountScan::AskOne(const SqlRun& run, Entry& entry, std::size_t index) {
  const std::string& name = entry.count.metric.name;
  if (run.context.deadline.Expired()) {
    entry.problem = NoTimeLeft(name);
    return false;
  }
  try {
    Ask(run, {index});
    entry.apart = false;
    return true;
  } catch (const CollectError& error) {
    // Costs this count alone.
    if (EndsRun(error.kind())) throw;
    entry.apart = true;
    entry.problem = CollectError(error.kind(), error.what(), name);
    return error.kind() != ErrorKind::kTimeout;
  }
}

void CountScan::Skip() {
  for (Entry& entry : entries_) entry.problem = NoTimeLeft(entry.count.metric.name);
}

void CountScan::Write(exporter::FamilySet& families, SteadyTime now) const {
  for (const Entry& entry : entries_) entry.series.Write(families, now);
}

std::vector<CollectError> CountScan::Problems() const {
  std::vector<CollectError> problems;
  for (const Entry& entry : entries_) {
    if (entry.problem) problems.push_back(*entry.problem);
  }
  return problems;
}

std::vector<exporter::SeriesId> CountScan::Claims() const {
  std::vector<exporter::SeriesId> claims;
  for (const Entry& entry : entries_) claims.push_back(entry.series.Claim());
  return claims;
}

}  // namespace collectors
