#include "collectors/databases/database_tour.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "collectors/series/row_cells.h"

namespace collectors {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::FamilySet;
using exporter::SteadyTime;

namespace {

constexpr char kPartName[] = "databases";

}  // namespace

PartResult DatabaseTour::Refresh(const SqlRun& run) {
  for (DatabaseStop& stop : stops_) stop.BeginRun();
  try {
    FindDatabases(run);
  } catch (const CollectError& error) {
    if (EndsRun(error.kind())) throw;
    problem_ = error.Of(kPartName);
    was_told_ = false;
    return ResultOf(error);
  }
  if (!run.context.is_retry) NoteDue(run);
  GoOn(run);
  return Result();
}

void DatabaseTour::FindDatabases(const SqlRun& run) {
  const std::vector<ServerDatabase> databases = ListDatabases(run);
  std::map<std::string, DatabaseStop> known;
  for (DatabaseStop& stop : std::exchange(stops_, {})) {
    std::string name = stop.database().name;
    known.emplace(std::move(name), std::move(stop));
  }
  std::size_t matching = 0;
  for (const ServerDatabase& database : databases) {
    if (!rules_.patterns.Match(database.name)) continue;
    if (++matching <= rules_.max) stops_.push_back(StopFor(database, known, run.now));
  }
  for (const auto& [name, gone] : known) run.session.ForgetDatabase(LabelValue(name));
  CheckMatching(matching, databases.size());
}

DatabaseStop DatabaseTour::StopFor(const ServerDatabase& database,
                                   std::map<std::string, DatabaseStop>& known,
                                   SteadyTime now) const {
  const auto found = known.find(database.name);
  if (found != known.end() && found->second.database().identity == database.identity) {
    DatabaseStop stop = std::move(known.extract(found).mapped());
    stop.SetOwn(database.is_own);
    return stop;
  }
  DatabaseStop stop(database, make_parts_(LabelValue(database.name)), rules_.interval, rules_.grid);
  stop.NoteRound(now);
  return stop;
}

void DatabaseTour::CheckMatching(std::size_t matching, std::size_t all) {
  std::optional<CollectError> problem;
  if (matching > rules_.max) {
    problem.emplace(ErrorKind::kLimit,
                    fmt::format("{} databases match, and only the first {} are visited: raise max, "
                                "or exclude some",
                                matching, rules_.max),
                    kPartName);
  } else if (matching == 0) {
    problem.emplace(
        ErrorKind::kMissing,
        fmt::format("none of the server's {} databases matches include and exclude", all),
        kPartName);
  }
  NoteProblem(std::move(problem));
}

void DatabaseTour::NoteProblem(std::optional<CollectError> problem) {
  was_told_ = problem && problem_ && std::string_view(problem->what()) == problem_->what();
  problem_ = std::move(problem);
}

void DatabaseTour::NoteDue(const SqlRun& run) {
  const bool is_over = std::ranges::none_of(stops_, &DatabaseStop::IsWaiting);
  const bool is_first = !next_round_;
  if (is_first || (is_over && *next_round_ <= run.now + rules_.grid / 2)) {
    next_round_ = run.now + rules_.interval;
    was_told_ = false;
    for (DatabaseStop& stop : stops_) stop.NoteRound(run.now);
  } else {
    for (DatabaseStop& stop : stops_) stop.NoteRun(run.now);
  }
}

void DatabaseTour::GoOn(const SqlRun& run) {
  TourTime time(run);
  const auto first = std::ranges::find_if(
      stops_, [&](const DatabaseStop& stop) { return stop.database().name == next_; });
  const auto begin = first == stops_.end() ? 0 : static_cast<std::size_t>(first - stops_.begin());
  next_.clear();
  for (std::size_t i = 0; i < stops_.size(); ++i) {
    DatabaseStop& stop = stops_[(begin + i) % stops_.size()];
    if (!stop.Visit(run, time) && next_.empty()) next_ = stop.database().name;
  }
}

PartResult DatabaseTour::Result() const {
  if (std::ranges::any_of(stops_, &DatabaseStop::IsUnlucky)) return PartResult::kUnlucky;
  const bool is_over = std::ranges::none_of(stops_, &DatabaseStop::IsWaiting);
  return is_over ? PartResult::kDone : PartResult::kPostponed;
}

void DatabaseTour::Skip() {
  for (DatabaseStop& stop : stops_) stop.BeginRun();
  problem_ = NoTimeLeft(kPartName);
  was_told_ = false;
}

void DatabaseTour::Write(FamilySet& families, SteadyTime now) const {
  for (const DatabaseStop& stop : stops_) stop.Write(families, now);
}

void DatabaseTour::Account(FamilySet& families, SteadyTime until) const {
  for (const DatabaseStop& stop : stops_) stop.Account(families, until);
}

std::vector<PartOutcome> DatabaseTour::Outcomes() const {
  std::map<std::string, PartOutcome> sums;
  for (const DatabaseStop& stop : stops_) {
    for (const PartOutcome& outcome : stop.Outcomes()) {
      PartOutcome& sum = sums.try_emplace(outcome.name, PartOutcome{outcome.name}).first->second;
      sum.seconds += outcome.seconds;
      sum.succeeded = sum.succeeded && outcome.succeeded;
    }
  }
  std::vector<PartOutcome> outcomes;
  outcomes.reserve(sums.size());
  for (auto& [name, sum] : sums) outcomes.push_back(std::move(sum));
  return outcomes;
}

DatabaseTour::Told DatabaseTour::AllProblems() const {
  Told told;
  if (problem_) (was_told_ ? told.standing : told.found).push_back(*problem_);
  const auto unvisited =
      std::ranges::count_if(stops_, [](const DatabaseStop& stop) { return !stop.was_visited(); });
  if (unvisited > 0) {
    told.found.emplace_back(ErrorKind::kTimeout,
                            fmt::format("there was no time yet for {} of {} databases: the next "
                                        "collection goes on with them",
                                        unvisited, stops_.size()),
                            kPartName);
  }
  const std::set<TourStatement> skipped = Skipped();
  for (const DatabaseStop& stop : stops_) stop.AddProblems(skipped, told.found, told.standing);
  return told;
}

// A statement that every database lacks is a mistake, and is not skipped.
std::set<TourStatement> DatabaseTour::Skipped() const {
  std::set<TourStatement> skipped;
  if (!rules_.skip_missing) return skipped;
  TourAnswers answers;
  for (const DatabaseStop& stop : stops_) stop.AddAnswers(answers);
  for (const TourStatement& statement : answers.lacking) {
    if (answers.answered.contains(statement) || answers.without_turn.contains(statement.first)) {
      skipped.insert(statement);
    }
  }
  return skipped;
}

std::vector<exporter::SeriesId> DatabaseTour::Claims() const {
  std::vector<exporter::SeriesId> claims;
  for (const auto& part : make_parts_("*")) {
    std::ranges::move(part->Claims(), std::back_inserter(claims));
  }
  return claims;
}

}  // namespace collectors
