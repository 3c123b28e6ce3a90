#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collectors/postgres/database_rules.h"
#include "collectors/postgres/named_part.h"
#include "collectors/sql/sql_part.h"

namespace collectors {

// The parts that see one database only, in each database of the server in turn,
// over one connection more that lives as long as a visit; the collector's own
// database is visited over its own connection. A tour begins every interval with
// a look at the list of databases. It takes at most half of a run's time
// and what DbTime affords, but one visit at least, and goes on in the next run where it stopped. A
// database that cannot be visited costs itself: its rows live on until they are too old.
class DatabaseTour : public SqlPart {
 public:
  using PartsOf =
      std::function<std::vector<std::unique_ptr<NamedPart>>(const std::string& database)>;

  // `parts_of` makes the parts for a database; its series tell the database by a label.
  DatabaseTour(DatabaseRules rules, PartsOf parts_of)
      : rules_(std::move(rules)), parts_of_(std::move(parts_of)) {}

  PartResult Refresh(const SqlRun& run) override;
  void Skip() override;
  void Write(exporter::FamilySet& families, exporter::SteadyTime now) const override;
  std::vector<exporter::CollectError> Problems() const override;
  std::vector<exporter::SeriesId> Claims() const override;
  // Absent in the middle of a tour: it goes on in the next run.
  std::optional<std::chrono::milliseconds> Interval() const override;

 private:
  struct Stop {
    std::string database;  // As the server has it.
    bool is_own = false;   // The database of the collector's own connection.
    std::vector<std::unique_ptr<NamedPart>> parts;
    bool visited = false;
    std::optional<exporter::CollectError> problem;  // Of the last visit as a whole.
  };

  bool IsOver() const { return next_ == stops_.size(); }
  void FindDatabases(const SqlRun& run);
  // The stop of the tour before, with what it found, or a new one.
  Stop StopFor(const std::string& database, bool is_own);
  void GoOn(const SqlRun& run);
  void Visit(const SqlRun& run, Stop& stop) const;
  void WriteOutcomes(exporter::FamilySet& families) const;

  DatabaseRules rules_;
  PartsOf parts_of_;
  std::vector<Stop> stops_;                        // In the order of the list of databases.
  std::size_t next_ = 0;                           // The stop where the tour goes on.
  std::optional<exporter::CollectError> problem_;  // Of the list.
};

}  // namespace collectors
