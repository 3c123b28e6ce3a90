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

// The parts that see one database only, in each database of the server in turn,
// over one connection more that lives as long as a visit; the collector's own
// database is visited over its own connection. Each run looks at the list of databases: one
// that is gone takes its series with it, one that is new is visited at once. All others are
// visited every interval, which takes at most half of a run's time and what DbTime affords,
// but one part at least, and goes on in the next run. What was unlucky is asked
// again soon, by database and part. A database that cannot be visited costs itself:
// its rows live on until they are too old.
class DatabaseTour : public SqlPart {
 public:
  using PartsMaker =
      std::function<std::vector<std::unique_ptr<SqlPart>>(const std::string& database)>;

  // `make_parts` makes the parts for a database; its series tell the database by a label.
  DatabaseTour(DatabaseRules rules, PartsMaker make_parts)
      : rules_(std::move(rules)), make_parts_(std::move(make_parts)) {}

  PartResult Refresh(const SqlRun& run) override;
  void Skip() override;
  void Write(exporter::FamilySet& families, exporter::SteadyTime now) const override;
  std::vector<exporter::CollectError> Problems() const override { return AllProblems().found; }
  std::vector<exporter::CollectError> Standing() const override { return AllProblems().standing; }
  // A part's time is that of all databases together, and it failed if it did in one.
  std::vector<PartOutcome> Outcomes() const override;
  std::vector<exporter::SeriesId> Claims() const override;
  void Account(exporter::FamilySet& families, exporter::SteadyTime until) const override;
  // The list is cheap, and a database that is gone or new does not wait.
  bool PacesItself() const override { return true; }
  std::optional<std::chrono::milliseconds> Interval() const override { return std::nullopt; }

 private:
  struct Told {
    std::vector<exporter::CollectError> found;
    std::vector<exporter::CollectError> standing;
  };

  void FindDatabases(const SqlRun& run);
  // The stop of the run before, with what it found, or a new one, which is owed at once.
  DatabaseStop StopFor(const ServerDatabase& database, std::map<std::string, DatabaseStop>& known,
                       exporter::SteadyTime now) const;
  void CheckMatching(std::size_t matching, std::size_t all);
  // What was told stands, until it is another one or a round begins.
  void NoteProblem(std::optional<exporter::CollectError> problem);
  void NoteDue(const SqlRun& run);
  void GoOn(const SqlRun& run);
  PartResult Result() const;
  Told AllProblems() const;
  // What a database may lack: another one has it, or is still to be asked.
  std::set<TourStatement> Skipped() const;

  DatabaseRules rules_;
  PartsMaker make_parts_;
  std::vector<DatabaseStop> stops_;                 // In the order of the list of databases.
  std::string next_;                                // The database where the tour goes on.
  std::optional<exporter::SteadyTime> next_round_;  // Absent before the first.
  std::optional<exporter::CollectError> problem_;   // Of the list.
  bool was_told_ = false;                           // The problem, in an earlier run.
};

}  // namespace collectors
