#include "collectors/sql/counts/count_scan.h"

#include <algorithm>
#include <utility>

#include "collectors/parts/database_label.h"
#include "collectors/parts/part_schedule.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::SteadyTime;

// How long counts that work alone, but not together, run alone.
constexpr std::chrono::hours kApartFor(1);

bool MayShareOnce(const SqlCount& count) {
  return count.mode != CountMode::kEstimate && count.up_to == 0;
}

bool MayBeEstimated(const SqlCount& count) {
  return count.mode == CountMode::kEstimate || (count.mode == CountMode::kAuto && IsPlain(count));
}

bool Has(const Indexes& indexes, std::size_t index) {
  return std::ranges::find(indexes, index) != indexes.end();
}

}  // namespace

CountScan::CountScan(std::vector<SqlCount> counts, SqlStatement options)
    : options_(std::move(options)), planner_(options_) {
  has_choice_ = std::ranges::count_if(counts, MayShareOnce) > 1 ||
                std::ranges::any_of(counts, MayBeEstimated);
  if (options_.name.empty()) options_.name = counts[0].table;
  for (SqlCount& count : counts) {
    if (count.name.empty()) count.name = count.metric.name;
    MetricSeries series(count.metric, count.rules);
    order_.push_back(entries_.size());
    entries_.push_back(
        {std::move(count), std::move(series), std::nullopt, false, false, std::nullopt, false});
  }
}

bool CountScan::Estimates(const Entry& entry) const {
  if (entry.count.mode == CountMode::kEstimate) return true;
  return MayBeEstimated(entry.count) && planner_.EstimatesPlainCounts();
}

Indexes CountScan::Candidates(SteadyTime now) const {
  Indexes candidates;
  if (now < shares_from_ || suspects_) return candidates;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (MayShareOnce(entry.count) && !entry.apart && !Estimates(entry)) candidates.push_back(i);
  }
  if (candidates.size() < 2) candidates.clear();
  return candidates;
}

PartResult CountScan::Refresh(const SqlRun& run) {
  for (Entry& entry : entries_) entry.problem.reset();
  accused_.clear();
  Indexes done;
  try {
    if (has_choice_) planner_.Look(run, entries_[0].count);
    AskTogether(run, done);
  } catch (const CollectError& error) {
    const PartResult result = ResultOf(error);
    if (EndsRun(error.kind()) || result == PartResult::kFailed) throw;
    Postpone(run, error, done);
    return result;
  }
  const PartResult result = AskApart(run, done);
  SettleBlame(run.now);
  return result;
}

// Running alone in this run would take even longer. A passing failure has no culprit unless it
// comes again: a standby cancels long statements. A locked table may have taken all of the time, so
// only the second such failure stops the sharing.
void CountScan::Postpone(const SqlRun& run, const CollectError& error, const Indexes& done) {
  if (!error.IsPassing() || std::exchange(was_unlucky_, true)) {
    if (each_is_quick_) shares_from_ = run.now + kApartFor;
    suspects_ = true;
  }
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (Has(done, i)) continue;
    entries_[i].problem = error.Of(entries_[i].count.name);
  }
}

void CountScan::AskTogether(const SqlRun& run, Indexes& done) {
  const Indexes candidates = Candidates(run.now);
  if (candidates.empty()) return;
  std::vector<const SqlCount*> counts;
  for (const std::size_t index : candidates) counts.push_back(&entries_[index].count);
  for (const Indexes& group : planner_.Groups(run, counts)) {
    if (group.size() < 2) continue;
    Indexes members;
    for (const std::size_t place : group) members.push_back(candidates[place]);
    Indexes& known = AskShared(run, members) ? done : accused_;
    known.insert(known.end(), members.begin(), members.end());
  }
}

bool CountScan::AskShared(const SqlRun& run, const Indexes& indexes) {
  try {
    Ask(run, indexes);
    each_is_quick_ = was_unlucky_ = false;
    return true;
  } catch (const CollectError& error) {
    planner_.Forget();
    // One count's failure must not affect the others.
    if (EndsRun(error.kind()) || ResultOf(error) != PartResult::kFailed) throw;
    return false;
  }
}

void CountScan::Ask(const SqlRun& run, const Indexes& indexes) {
  std::vector<const SqlCount*> counts;
  for (const std::size_t index : indexes) counts.push_back(&entries_[index].count);
  SqlStatement statement = options_;
  statement.text = CountStatement(counts, run.session.dialect());
  if (indexes.size() == 1) statement.name = counts[0]->name;
  const Rows rows = run.session.Query(run.context, statement);
  if (!AnswersTo(rows, counts)) {
    throw CollectError(ErrorKind::kQuery, "the condition is none: it changes the statement");
  }
  for (std::size_t i = 0; i < indexes.size(); ++i) {
    Entry& entry = entries_[indexes[i]];
    MappedSamples found = RollUp(rows, entry.count, i);
    if (found.problem) entry.problem = found.problem->Of(entry.count.name);
    entry.estimated = false;
    entry.answered = true;
    entry.series.Found(std::move(found), run.now);
  }
}

bool CountScan::AskEstimate(const SqlRun& run, Entry& entry) {
  // The planner has just reported statistics, unless a TRUNCATE removed them since.
  const bool is_auto = entry.count.mode == CountMode::kAuto;
  const double rows = is_auto ? PlannedRows(run, entry.count) : EstimateCount(run, entry.count);
  if (is_auto && rows <= kLargeTable) return false;
  MappedSamples found;
  found.samples.push_back({entry.count.metric.constant_labels, rows});
  entry.estimated = entry.answered = true;
  entry.series.Found(std::move(found), run.now);
  return true;
}

PartResult CountScan::AskApart(const SqlRun& run, const Indexes& done) {
  bool has_asked = !done.empty();
  std::optional<std::size_t> slow;
  std::optional<std::size_t> postponed;  // Its position in order_.
  for (std::size_t turn = 0; turn < order_.size(); ++turn) {
    const std::size_t index = order_[turn];
    Entry& entry = entries_[index];
    if (Has(done, index)) continue;
    if (has_asked && entry.was_asked && !run.MayAsk()) {
      postponed = postponed.value_or(turn);
      continue;
    }
    has_asked = entry.was_asked = true;
    if (!AskOne(run, entry, index) && !slow) slow = index;
  }
  if (postponed) {
    std::rotate(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(*postponed),
                order_.end());
    return PartResult::kPostponed;
  }
  if (std::exchange(suspects_, false)) each_is_quick_ = !slow;
  if (slow) {
    MoveToBack(order_, *slow);
    return PartResult::kTimedOut;
  }
  const bool unlucky = std::ranges::any_of(
      entries_, [](const Entry& entry) { return entry.problem && entry.problem->IsPassing(); });
  return unlucky ? PartResult::kUnlucky : PartResult::kDone;
}

bool CountScan::AskOne(const SqlRun& run, Entry& entry, std::size_t index) {
  const std::string& name = entry.count.name;
  if (run.context.deadline.Expired()) {
    entry.problem = NoTimeLeft(name);
    return false;
  }
  try {
    if (!Estimates(entry) || !AskEstimate(run, entry)) Ask(run, {index});
    entry.apart = false;
    return true;
  } catch (const CollectError& error) {
    // Only this count is affected.
    if (EndsRun(error.kind())) throw;
    entry.apart = !error.IsPassing();
    entry.answered = entry.answered && error.kind() != ErrorKind::kMissing;
    entry.problem = error.Of(name);
    return ResultOf(error) != PartResult::kTimedOut;
  }
}

// Each count works alone, so the shared statement fails for a reason that will not change soon,
// such as too many groups.
void CountScan::SettleBlame(SteadyTime now) {
  if (accused_.empty()) return;
  const bool found =
      std::ranges::any_of(accused_, [&](std::size_t i) { return entries_[i].problem.has_value(); });
  if (!found) shares_from_ = now + kApartFor;
}

void CountScan::Skip() {
  for (Entry& entry : entries_) entry.problem = NoTimeLeft(entry.count.name);
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

std::vector<std::string> CountScan::Answered() const {
  std::vector<std::string> names;
  for (const Entry& entry : entries_) {
    if (entry.answered) names.push_back(entry.count.name);
  }
  return names;
}

std::vector<exporter::SeriesId> CountScan::Claims() const {
  std::vector<exporter::SeriesId> claims;
  for (const Entry& entry : entries_) claims.push_back(entry.series.Claim());
  return claims;
}

void CountScan::Account(exporter::FamilySet& families, SteadyTime until) const {
  for (const Entry& entry : entries_) {
    const auto shown_until = entry.series.ShownUntil();
    if (!MayBeEstimated(entry.count) || !entry.estimated || !shown_until) continue;
    exporter::Labels labels = {{"query", entry.count.name}};
    if (!options_.database.empty()) labels.emplace_back("datname", options_.database);
    families
        .Open(prometheus::MetricType::Gauge, "exporter_count_estimated",
              "Whether the count is the planner's estimate (1) or exact (0).",
              std::min(*shown_until, until))
        .Add(labels, *entry.estimated ? 1 : 0);
  }
}

void SetDatabase(std::vector<SqlCount>& counts, const std::string& database,
                 std::chrono::milliseconds interval) {
  for (SqlCount& count : counts) {
    count.rules.SetInterval(interval);
    SetDatabase(count.metric, database);
  }
}

}  // namespace collectors
