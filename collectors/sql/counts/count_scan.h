#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collectors/parts/sql_part.h"
#include "collectors/sql/counts/count_planner.h"
#include "collectors/sql/counts/count_statement.h"

namespace collectors {

// The counts on one table. Counts that are cheapest together share one scan (CountPlanner). If a
// shared statement fails, each of its counts runs alone once; counts that fail alone stay apart
// until they work again. If a shared statement takes too long, the counts run alone in the next
// run, so that a slow condition costs only its own count. Estimates and counts with a bound always
// run alone.
class CountScan : public SqlPart {
 public:
  // `options` gives max_rows, parallel and database, and the name of a statement with several
  // counts; if the name is empty, the table's is used. `counts` must not be empty, and all must be
  // on one table.
  CountScan(std::vector<SqlCount> counts, SqlStatement options);

  PartResult Refresh(const SqlRun& run) override;
  void Skip() override;
  void Write(exporter::FamilySet& families, exporter::SteadyTime now) const override;
  std::vector<exporter::CollectError> Problems() const override;
  std::vector<std::string> Answered() const override;
  std::vector<exporter::SeriesId> Claims() const override;
  std::optional<std::chrono::milliseconds> Interval() const override { return std::nullopt; }

  // Adds exporter_count_estimated for each count of mode estimate or auto that has a value.
  void Account(exporter::FamilySet& families, exporter::SteadyTime until) const override;

 private:
  struct Entry {
    SqlCount count;
    MetricSeries series;
    std::optional<exporter::CollectError> problem;
    bool apart = false;             // Failed when it last ran alone.
    bool was_asked = false;         // Has ever run alone.
    std::optional<bool> estimated;  // Whether the value is an estimate; absent without a value.
    bool answered = false;          // Only a failure of kind kMissing clears it.
  };

  bool Estimates(const Entry& entry) const;
  // Runs the shared statements, and adds the counts that they answered to `done`.
  void AskTogether(const SqlRun& run, Indexes& done);
  // Returns the counts that could share a statement, or none if there are fewer than two.
  Indexes Candidates(exporter::SteadyTime now) const;
  void Ask(const SqlRun& run, const Indexes& indexes);
  // Returns false if mode auto found the table small, so that it must be counted.
  bool AskEstimate(const SqlRun& run, Entry& entry);
  // Returns whether the shared statement was answered. If not, each count must run alone.
  bool AskShared(const SqlRun& run, const Indexes& indexes);
  // Reports `error` for each count that is not in `done`.
  void Postpone(const SqlRun& run, const exporter::CollectError& error, const Indexes& done);
  // Runs each count that is not in `done` alone.
  PartResult AskApart(const SqlRun& run, const Indexes& done);
  // Returns false if there was no time for the count.
  bool AskOne(const SqlRun& run, Entry& entry, std::size_t index);
  // Call after each count ran alone. If none of the accused failed alone, the counts run apart for
  // an hour.
  void SettleBlame(exporter::SteadyTime now);

  std::vector<Entry> entries_;  // In the order of the configuration.
  Indexes order_;               // The order of running alone.
  SqlStatement options_;
  CountPlanner planner_;
  bool has_choice_ = false;  // Whether the planner has anything to choose.
  // In the future if a shared statement failed although each count works alone.
  exporter::SteadyTime shares_from_ = exporter::SteadyTime::min();
  Indexes accused_;             // Counts whose shared statement failed in this run.
  bool was_unlucky_ = false;    // A shared statement had a passing failure when last asked.
  bool suspects_ = false;       // A shared statement was slow; find the slow count.
  bool each_is_quick_ = false;  // No count was slow when they last ran alone to find it.
};

// As SetDatabase of a metric (database_label.h), for counts, which run every `interval`.
void SetDatabase(std::vector<SqlCount>& counts, const std::string& database,
                 std::chrono::milliseconds interval);

}  // namespace collectors
