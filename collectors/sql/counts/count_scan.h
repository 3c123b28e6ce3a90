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

// The counts on one table. Those for which it costs least share one scan of it
// (CountPlanner); where that statement fails, each runs apart once, and those
// that fail there stay apart until they work again. Where it takes too long they
// run apart in the next run, so that one slow condition costs its own count
// only. Estimates and counts with a bound always run apart.
class CountScan : public SqlPart {
 public:
  // `options` gives max_rows, parallel and database, and the name of a statement of several counts:
  // the table's if it is empty. At least one count, all of one table.
  CountScan(std::vector<SqlCount> counts, SqlStatement options);

  PartResult Refresh(const SqlRun& run) override;
  void Skip() override;
  void Write(exporter::FamilySet& families, exporter::SteadyTime now) const override;
  std::vector<exporter::CollectError> Problems() const override;
  std::vector<std::string> Answered() const override;
  std::vector<exporter::SeriesId> Claims() const override;
  std::optional<std::chrono::milliseconds> Interval() const override { return std::nullopt; }

  // exporter_count_estimated for each count of mode estimate or auto that has a value.
  void Account(exporter::FamilySet& families, exporter::SteadyTime until) const override;

 private:
  struct Entry {
    SqlCount count;
    MetricSeries series;
    std::optional<exporter::CollectError> problem;
    bool apart = false;             // Failed when it last ran alone.
    bool was_asked = false;         // Ever, alone.
    std::optional<bool> estimated;  // Its value; absent where there is none.
    bool answered = false;          // Cleared by a failure of kind kMissing alone.
  };

  bool Estimates(const Entry& entry) const;
  // Asks as many together as pays; adds those that answered to `done`.
  void AskTogether(const SqlRun& run, Indexes& done);
  // Those that could share a statement; empty where fewer than two can.
  Indexes Candidates(exporter::SteadyTime now) const;
  void Ask(const SqlRun& run, const Indexes& indexes);
  // False where mode auto found the table small, and it must be counted.
  bool AskEstimate(const SqlRun& run, Entry& entry);
  // Whether the shared statement answered, or each must run apart.
  bool AskShared(const SqlRun& run, const Indexes& indexes);
  // Notes on each that is not among `done` that its answer came too late.
  void Postpone(const SqlRun& run, const exporter::CollectError& error, const Indexes& done);
  // Asks each that is not among `done` alone.
  PartResult AskApart(const SqlRun& run, const Indexes& done);
  // False where there was no time for the count.
  bool AskOne(const SqlRun& run, Entry& entry, std::size_t index);
  // After each ran alone: whether one of them was to blame for the statement of all.
  void SettleBlame(exporter::SteadyTime now);

  std::vector<Entry> entries_;  // In the order of the configuration.
  Indexes order_;               // In which they run apart.
  SqlStatement options_;
  CountPlanner planner_;
  bool has_choice_ = false;  // Whether the planner has anything to choose.
  // Later than now where a shared statement failed though each alone is good.
  exporter::SteadyTime shares_from_ = exporter::SteadyTime::min();
  Indexes accused_;             // Shared a statement that failed in this run.
  bool was_unlucky_ = false;    // A shared statement, when it was last asked.
  bool suspects_ = false;       // The shared statement was slow: who is it?
  bool each_is_quick_ = false;  // Nobody, when they last ran apart for that.
};

// As SetDatabase of a metric (database_label.h), for counts, which run every `interval`.
void SetDatabase(std::vector<SqlCount>& counts, const std::string& database,
                 std::chrono::milliseconds interval);

}  // namespace collectors
