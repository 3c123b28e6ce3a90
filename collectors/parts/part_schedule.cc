#include "collectors/parts/part_schedule.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "collectors/parts/part_outcome.h"

namespace collectors {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::SteadyTime;
using std::chrono::milliseconds;

namespace {

// A part is cheap if a tenth of the interval pays for it.
constexpr int kCheapShare = 10;
// A part that gets its turn is due for at most one interval.
constexpr int kPatientIntervals = 2;

}  // namespace

bool EndsRun(ErrorKind kind) {
  return kind == ErrorKind::kConnect || kind == ErrorKind::kAuth || kind == ErrorKind::kProtocol;
}

PartResult ResultOf(const CollectError& error) {
  if (error.IsPassing()) return PartResult::kUnlucky;
  return error.kind() == ErrorKind::kTimeout ? PartResult::kTimedOut : PartResult::kFailed;
}

CollectError NoTimeLeft(const std::string& part) {
  return {ErrorKind::kTimeout, "not asked: the other parts took all the time", part};
}

void MoveToBack(std::vector<std::size_t>& order, std::size_t index) {
  const auto found = std::ranges::find(order, index);
  if (found != order.end()) std::rotate(found, found + 1, order.end());
}

PartSchedule::PartSchedule(std::vector<std::unique_ptr<SqlPart>> parts,
                           std::chrono::milliseconds interval, std::shared_ptr<DbTime> db_time)
    : interval_(interval), db_time_(std::move(db_time)) {
  for (auto& part : parts) {
    order_.push_back(entries_.size());
    entries_.push_back({std::move(part)});
  }
}

exporter::Reading PartSchedule::Collect(const SqlRun& run) {
  NoteDue(run);
  // Separate from the statements: if this fails, the target is to blame.
  run.session.ServerVersion(run.context);
  Refresh(run);
  exporter::Reading reading;
  for (const Entry& entry : entries_) {
    entry.part->Write(reading.families, run.now);
    for (const PartOutcome& outcome : entry.part->Outcomes()) {
      WriteOutcome(reading.families, outcome);
    }
    auto& problems = entry.in_this_run ? reading.problems : reading.standing;
    std::ranges::move(entry.part->Problems(), std::back_inserter(problems));
    std::ranges::move(entry.part->Standing(), std::back_inserter(reading.standing));
    reading.wants_retry |= entry.turn.is_owed() && entry.turn.is_unlucky();
  }
  return reading;
}

void PartSchedule::NoteDue(const SqlRun& run) {
  if (run.context.is_retry) return;
  for (Entry& entry : entries_) entry.turn.NoteDue(run.now, interval_);
}

void PartSchedule::Refresh(const SqlRun& run) {
  const auto answers = db_time_->answers();
  AskInOrder(run);
  std::chrono::duration<double> round{0};
  for (const Entry& entry : entries_) round += entry.cost;
  db_time_->SetRound(db_time_->Payment(round));
  // Nothing was due or fits the server's version, or the server did not answer: SELECT 1 shows
  // whether it does.
  if (db_time_->answers() == answers) run.session.Query(run.context, {.text = "SELECT 1"});
}

PartSchedule::Rank PartSchedule::RankOf(const Entry& entry, SteadyTime now) const {
  const auto patience = std::max(db_time_->round(), kPatientIntervals * interval_);
  if (entry.was_asked && now - entry.turn.next_due() > patience) return Rank::kOverdue;
  const bool cheap = db_time_->Payment(entry.cost) <= interval_ / kCheapShare;
  return cheap ? Rank::kCheap : Rank::kDear;
}

void PartSchedule::AskInOrder(const SqlRun& run) {
  std::ranges::stable_sort(order_, {},
                           [&](std::size_t index) { return RankOf(entries_[index], run.now); });
  for (Entry& entry : entries_) entry.in_this_run = false;
  std::optional<std::size_t> slow;
  std::optional<std::size_t> postponed;  // Its position in order_.
  for (std::size_t turn = 0; turn < order_.size(); ++turn) {
    Entry& entry = entries_[order_[turn]];
    if (!entry.turn.is_owed()) continue;
    const bool waits = entry.was_asked && !entry.part->PacesItself() && !db_time_->MayAsk();
    const PartResult result = waits ? PartResult::kPostponed : RefreshOne(run, entry);
    const bool took_all = result == PartResult::kUnlucky && run.context.deadline.Expired();
    if ((result == PartResult::kTimedOut || took_all) && !slow) slow = order_[turn];
    if (result == PartResult::kPostponed && !postponed) postponed = turn;
  }
  if (postponed) {
    std::rotate(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(*postponed),
                order_.end());
  }
  if (slow) MoveToBack(order_, *slow);
}

PartResult PartSchedule::RefreshOne(const SqlRun& run, Entry& entry) {
  entry.in_this_run = true;
  if (run.context.deadline.Expired()) {
    entry.part->Skip();
    return PartResult::kTimedOut;
  }
  entry.was_asked = true;
  const auto spent = db_time_->spent();
  const PartResult result = entry.part->Refresh(run);
  entry.begun += db_time_->spent() - spent;
  if (result == PartResult::kPostponed) return result;
  entry.cost = std::exchange(entry.begun, std::chrono::duration<double>(0));
  entry.turn.Take(result, run.now, entry.part->Interval(), interval_);
  return result;
}

void PartSchedule::Account(exporter::FamilySet& families, SteadyTime until) const {
  for (const Entry& entry : entries_) entry.part->Account(families, until);
}

std::vector<exporter::SeriesId> PartSchedule::Claims() const {
  std::vector<exporter::SeriesId> claims;
  for (const Entry& entry : entries_) {
    std::ranges::move(entry.part->Claims(), std::back_inserter(claims));
  }
  return claims;
}

}  // namespace collectors
