#include "collectors/databases/database_stop.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "collectors/series/row_cells.h"

namespace collectors {

using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using exporter::FamilySet;
using exporter::SteadyTime;
using std::chrono::milliseconds;

namespace {

// DROP DATABASE waits five seconds for other sessions to end.
constexpr std::chrono::seconds kLongestLink(1);
constexpr int kKeptShare = 10;

// Returns a part's problem with its database.
CollectError InDatabase(const CollectError& error, const std::string& database) {
  const std::string name = LabelValue(database);
  const std::string part = error.part().empty() ? name : error.part() + " of " + name;
  return error.Of(part).Saying(
      fmt::format("database {}: {}", exporter::Quoted(name), error.what()));
}

}  // namespace

TourTime::TourTime(const SqlRun& run)
    : run_(run), context_(run.context), half_(run.context.deadline.Remaining() / 2) {
  const auto kept = run.context.deadline.Remaining() / kKeptShare;
  context_.deadline = Deadline::At(run.context.deadline.when() - kept);
}

bool TourTime::Allows(bool was_asked) const {
  if (was_asked && !run_.MayAsk()) return false;
  return is_first_ || run_.context.deadline.Remaining() >= half_;
}

DatabaseStop::DatabaseStop(ServerDatabase database, std::vector<std::unique_ptr<SqlPart>> parts,
                           milliseconds round, milliseconds grid)
    : database_(std::move(database)), round_(round), grid_(grid) {
  for (auto& part : parts) entries_.push_back({std::move(part)});
}

void DatabaseStop::BeginRun() {
  in_this_run_ = false;
  for (Entry& entry : entries_) entry.in_this_run = false;
}

void DatabaseStop::NoteRound(SteadyTime now) {
  round_began_ = now;
  for (Entry& entry : entries_) entry.turn.NoteDue(now, round_);
}

void DatabaseStop::NoteRun(SteadyTime now) {
  for (Entry& entry : entries_) {
    if (entry.turn.is_unlucky()) entry.turn.NoteDue(now, grid_);
  }
}

bool DatabaseStop::IsWaiting() const {
  return std::ranges::any_of(entries_, [](const Entry& entry) {
    return entry.turn.is_owed() && !entry.turn.is_unlucky();
  });
}

bool DatabaseStop::IsUnlucky() const {
  return std::ranges::any_of(
      entries_, [](const Entry& entry) { return entry.in_this_run && entry.turn.is_unlucky(); });
}

bool DatabaseStop::Visit(const SqlRun& run, TourTime& time) {
  DatabaseLink link(run.session, time.context(), database_, kLongestLink);
  SqlSession& session = database_.is_own ? run.session : link;
  try {
    return AskOwed({session, time.context(), run.now, run.db_time}, link, time);
  } catch (const CollectError& error) {
    if (database_.is_own && EndsRun(error.kind())) throw;
    Lose(run, error);
    return true;
  }
}

bool DatabaseStop::AskOwed(const SqlRun& run, DatabaseLink& link, TourTime& time) {
  for (Entry& entry : entries_) {
    if (!entry.turn.is_owed()) continue;
    if (!time.Allows(entry.was_asked)) return false;
    time.NoteAsked();
    if (!std::exchange(in_this_run_, true)) problem_.reset();
    was_visited_ = true;
    // Connect first: a refused connection fails once, not for each part.
    run.session.ServerVersion(run.context);
    if (Ask(run, link, entry) == PartResult::kPostponed) return false;
  }
  return true;
}

PartResult DatabaseStop::Ask(const SqlRun& run, DatabaseLink& link, Entry& entry) {
  entry.in_this_run = entry.was_asked = entry.had_turn = true;
  const PartResult result = entry.part->Refresh(run);
  link.Check();
  if (result != PartResult::kPostponed) Settle(entry, result, run.now);
  return result;
}

// The next round is an interval after the beginning of this one, however late the part was asked.
void DatabaseStop::Settle(Entry& entry, PartResult result, SteadyTime now) const {
  const auto interval = std::max(entry.part->Interval().value_or(round_), round_);
  const SteadyTime from = result == PartResult::kUnlucky ? now : round_began_;
  entry.turn.Take(result, from, interval, grid_);
}

void DatabaseStop::Lose(const SqlRun& run, const CollectError& error) {
  problem_ = InDatabase(error, database_.name);
  const PartResult result = error.IsPassing() ? PartResult::kUnlucky : PartResult::kFailed;
  for (Entry& entry : entries_) {
    if (!entry.turn.is_owed()) continue;
    // The part that met the failure has reported it.
    if (!entry.in_this_run) entry.part->Skip();
    entry.in_this_run = entry.had_turn = true;
    Settle(entry, result, run.now);
  }
}

void DatabaseStop::Write(FamilySet& families, SteadyTime now) const {
  for (const Entry& entry : entries_) entry.part->Write(families, now);
}

void DatabaseStop::Account(FamilySet& families, SteadyTime until) const {
  for (const Entry& entry : entries_) entry.part->Account(families, until);
}

std::vector<PartOutcome> DatabaseStop::Outcomes() const {
  std::vector<PartOutcome> outcomes;
  for (const Entry& entry : entries_) {
    for (PartOutcome& outcome : entry.part->Outcomes()) {
      outcome.succeeded = outcome.succeeded && !problem_;
      outcomes.push_back(std::move(outcome));
    }
  }
  return outcomes;
}

void DatabaseStop::AddProblems(const std::set<TourStatement>& skipped,
                               std::vector<CollectError>& found,
                               std::vector<CollectError>& standing) const {
  if (problem_) {
    (in_this_run_ ? found : standing).push_back(*problem_);
    return;
  }
  for (std::size_t place = 0; place < entries_.size(); ++place) {
    auto& problems = entries_[place].in_this_run ? found : standing;
    for (const CollectError& error : entries_[place].part->Problems()) {
      const bool lacks = error.kind() == ErrorKind::kMissing;
      if (lacks && skipped.contains({place, error.part()})) continue;
      problems.push_back(InDatabase(error, database_.name));
    }
  }
}

// A query and its first metric may share a name. If one of the two is missing, the name counts as
// lacking.
void DatabaseStop::AddAnswers(TourAnswers& answers) const {
  for (std::size_t place = 0; place < entries_.size(); ++place) {
    const Entry& entry = entries_[place];
    if (!entry.had_turn) answers.without_turn.insert(place);
    std::set<std::string> lacking;
    for (const CollectError& error : entry.part->Problems()) {
      if (error.kind() == ErrorKind::kMissing) lacking.insert(error.part());
    }
    for (const std::string& name : entry.part->Answered()) {
      if (!lacking.contains(name)) answers.answered.insert({place, name});
    }
    for (const std::string& name : lacking) answers.lacking.insert({place, name});
  }
}

}  // namespace collectors
