#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collectors/sql/count_statement.h"
#include "collectors/sql/sql_part.h"

namespace collectors {

// The counts on one table. Those that work share one scan of it; where that
// statement fails, each runs apart once, and those that fail there stay apart
// until they work again. Where it takes too long they run apart in the next
// run, so that one slow condition costs its own count only.
class CountScan : public SqlPart {
 public:
  // `options` gives max_rows and parallel. At least one count, all of one table.
  CountScan(std::vector<SqlCount> counts, SqlStatement options);

  PartResult Refresh(const SqlRun& run) override;
  void Skip() override;
  void Write(exporter::FamilySet& families, exporter::SteadyTime now) const override;
  std::vector<exporter::CollectError> Problems() const override;
  std::vector<exporter::SeriesId> Claims() const override;
  std::optional<std::chrono::milliseconds> Interval() const override { return std::nullopt; }

 private:
  struct Entry {
    SqlCount count;
    MetricSeries series;
    std::optional<exporter::CollectError> problem;
    bool apart = false;  // Failed when it last ran alone.
  };

  using Indexes = std::vector<std::size_t>;

  // Those that share the scan; empty where fewer than two can.
  Indexes Sharing() const;
  void Ask(const SqlRun& run, const Indexes& indexes);
  // Whether the shared statement answered, or each must run apart.
  bool AskShared(const SqlRun& run, const Indexes& indexes);
  // Notes on each that the shared statement came too late.
  void Postpone(const exporter::CollectError& error);
  // Asks each that is not among `done` alone.
  PartResult AskApart(const SqlRun& run, const Indexes& done);
  // False where there was no time for the count.
  bool AskOne(const SqlRun& run, Entry& entry, std::size_t index);

  std::vector<Entry> entries_;  // In the order of the configuration.
  Indexes order_;               // In which they run apart.
  SqlStatement options_;
  // False once all counts together were too much for one statement: too many
  // groups, or too slow again after each alone was quick.
  bool shares_ = true;
  bool suspects_ = false;       // The shared statement was slow: who is it?
  bool each_is_quick_ = false;  // Nobody, when they last ran apart for that.
};

}  // namespace collectors
