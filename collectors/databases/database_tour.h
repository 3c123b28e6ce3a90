#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "collectors/databases/database_rules.h"
#include "collectors/databases/database_stop.h"
#include "collectors/parts/sql_part.h"

namespace collectors {

// Asks parts that see only one database in each database of the server in turn. A visit uses one
// extra connection, which lives as long as the visit; the collector's own database is visited over
// its own connection. Every run reads the list of databases: the series of a database that is gone
// are removed, and a new database is visited at once. All others are visited every interval. A tour
// takes at most half of a run's time and what DbTime allows, but at least one part, and continues
// in the next run. Parts with a passing failure are asked again soon, per database. If a database
// cannot be visited, the others are unaffected, and its old series are shown until they are too
// old.
class DatabaseTour : public SqlPart {
 public:
  using PartsMaker =
      std::function<std::vector<std::unique_ptr<SqlPart>>(const std::string& database)>;

  // `make_parts` makes the parts for a database. Their series have a label for the database.
  DatabaseTour(DatabaseRules rules, PartsMaker make_parts)
      : rules_(std::move(rules)), make_parts_(std::move(make_parts)) {}

  PartResult Refresh(const SqlRun& run) override;
  void Skip() override;
  void Write(exporter::FamilySet& families, exporter::SteadyTime now) const override;
  std::vector<exporter::CollectError> Problems() const override { return AllProblems().found; }
  std::vector<exporter::CollectError> Standing() const override { return AllProblems().standing; }
  // A part's time is the sum over all databases. It failed if it failed in one.
  std::vector<PartOutcome> Outcomes() const override;
  std::vector<exporter::SeriesId> Claims() const override;
  void Account(exporter::FamilySet& families, exporter::SteadyTime until) const override;
  // The list is cheap, and databases that are gone or new must not wait.
  bool PacesItself() const override { return true; }
  std::optional<std::chrono::milliseconds> Interval() const override { return std::nullopt; }

 private:
  struct Told {
    std::vector<exporter::CollectError> found;
    std::vector<exporter::CollectError> standing;
  };

  void FindDatabases(const SqlRun& run);
  // Returns the previous stop of the database, with its results, or a new one, which is owed at
  // once.
  DatabaseStop StopFor(const ServerDatabase& database, std::map<std::string, DatabaseStop>& known,
                       exporter::SteadyTime now) const;
  void CheckMatching(std::size_t matching, std::size_t all);
  // A problem that was reported stands until it changes or a round begins.
  void NoteProblem(std::optional<exporter::CollectError> problem);
  void NoteDue(const SqlRun& run);
  void GoOn(const SqlRun& run);
  PartResult Result() const;
  Told AllProblems() const;
  // Statements that a database may lack, because another database has it or is still to be asked.
  std::set<TourStatement> Skipped() const;

  DatabaseRules rules_;
  PartsMaker make_parts_;
  std::vector<DatabaseStop> stops_;                 // In the order of the list of databases.
  std::string next_;                                // The database where the tour continues.
  std::optional<exporter::SteadyTime> next_round_;  // Absent before the first round.
  std::optional<exporter::CollectError> problem_;   // Of the list.
  bool was_told_ = false;                           // problem_ was reported in an earlier run.
};

}  // namespace collectors
