#include "collectors/postgres/database_tour.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "collectors/sql/row_cells.h"

namespace collectors {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::FamilySet;
using exporter::SteadyTime;

namespace {

constexpr char kPartName[] = "databases";
// What accepts no connection is none that an application could use; -2 marks
// what an interrupted DROP DATABASE left.
constexpr char kDatabases[] =
    "SELECT datname, datname = current_database() FROM pg_database "
    "WHERE datallowconn AND NOT datistemplate AND datconnlimit <> -2 ORDER BY datname";

// A problem of a part, told with its database.
CollectError InDatabase(const CollectError& error, const std::string& database) {
  const std::string name = LabelValue(database);
  const std::string part = error.part().empty() ? name : error.part() + " of " + name;
  return error.Of(part).Saying(
      fmt::format("database {}: {}", exporter::Quoted(name), error.what()));
}

}  // namespace

PartResult DatabaseTour::Refresh(const SqlRun& run) {
  try {
    if (IsOver()) FindDatabases(run);
  } catch (const CollectError& error) {
    if (EndsRun(error.kind())) throw;
    problem_ = error.Of(kPartName);
    return ResultOf(error);
  }
  GoOn(run);
  return PartResult::kDone;
}

void DatabaseTour::FindDatabases(const SqlRun& run) {
  const Rows rows = run.session.Query(run.context, {.text = kDatabases});
  problem_.reset();
  std::vector<Stop> stops;
  std::size_t matching = 0;
  for (const auto& row : rows.cells) {
    if (row.size() < 2 || !row[0] || !rules_.patterns.Match(*row[0])) continue;
    if (++matching <= rules_.max) stops.push_back(StopFor(*row[0], row[1] == "t"));
  }
  if (matching > rules_.max) {
    problem_ = CollectError(ErrorKind::kLimit,
                            fmt::format("{} databases match, and only the first {} are visited: "
                                        "raise max, or exclude some",
                                        matching, rules_.max),
                            kPartName);
  }
  stops_ = std::move(stops);
  next_ = 0;
}

DatabaseTour::Stop DatabaseTour::StopFor(const std::string& database, bool is_own) {
  const auto known =
      std::ranges::find_if(stops_, [&](const Stop& stop) { return stop.database == database; });
  if (known == stops_.end()) return {database, is_own, parts_of_(LabelValue(database)), false, {}};
  known->is_own = is_own;
  return std::move(*known);
}

void DatabaseTour::GoOn(const SqlRun& run) {
  const auto half = run.context.deadline.Remaining() / 2;
  bool is_first = true;
  while (!IsOver() && (is_first || (run.context.deadline.Remaining() >= half && run.MayAsk()))) {
    Visit(run, stops_[next_]);
    is_first = false;
    ++next_;
  }
}

void DatabaseTour::Visit(const SqlRun& run, Stop& stop) const {
  stop.visited = true;
  stop.problem.reset();
  try {
    const auto other = stop.is_own ? nullptr : run.session.OtherDatabase(stop.database);
    if (!stop.is_own && other == nullptr) {
      throw CollectError(ErrorKind::kMissing, "there is no way to another database");
    }
    const SqlRun visit{other ? *other : run.session, run.context, run.now, run.db_time};
    visit.session.ServerVersion(visit.context);  // Who may not connect fails once, not each part.
    for (const auto& part : stop.parts) part->Refresh(visit);
  } catch (const CollectError& error) {
    if (stop.is_own && EndsRun(error.kind())) throw;
    stop.problem = InDatabase(error, stop.database);
  }
}

void DatabaseTour::Skip() { problem_ = NoTimeLeft(kPartName); }

void DatabaseTour::Write(FamilySet& families, SteadyTime now) const {
  for (const Stop& stop : stops_) {
    for (const auto& part : stop.parts) part->WriteFound(families, now);
  }
  WriteOutcomes(families);
}

// A part's time is that of all databases together, and it failed where it did in one.
void DatabaseTour::WriteOutcomes(FamilySet& families) const {
  std::map<std::string, PartOutcome> outcomes;
  for (const Stop& stop : stops_) {
    if (!stop.visited) continue;
    for (const auto& part : stop.parts) {
      PartOutcome& sum = outcomes[part->name()];
      sum.seconds += part->outcome().seconds;
      sum.succeeded = sum.succeeded && part->outcome().succeeded && !stop.problem;
    }
  }
  for (const auto& [name, outcome] : outcomes) WriteOutcome(families, name, outcome);
}

std::vector<CollectError> DatabaseTour::Problems() const {
  std::vector<CollectError> problems;
  if (problem_) problems.push_back(*problem_);
  for (const Stop& stop : stops_) {
    if (stop.problem) {
      problems.push_back(*stop.problem);
      continue;
    }
    for (const auto& part : stop.parts) {
      for (const CollectError& error : part->Problems()) {
        problems.push_back(InDatabase(error, stop.database));
      }
    }
  }
  return problems;
}

std::vector<exporter::SeriesId> DatabaseTour::Claims() const {
  std::vector<exporter::SeriesId> claims;
  for (const auto& part : parts_of_("*")) {
    std::ranges::move(part->Claims(), std::back_inserter(claims));
  }
  return claims;
}

std::optional<std::chrono::milliseconds> DatabaseTour::Interval() const {
  if (!IsOver()) return std::nullopt;
  return rules_.interval;
}

}  // namespace collectors
