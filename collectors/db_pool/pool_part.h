#pragma once

#include <optional>
#include <vector>

#include "collectors/db_pool/pool.h"
#include "collectors/parts/sql_part.h"
#include "collectors/series/metric_series.h"

namespace collectors {

// All pools of a collector, read with one statement.
class PoolPart : public SqlPart {
 public:
  PoolPart(std::vector<Pool> pools, const SeriesRules& rules);

  PartResult Refresh(const SqlRun& run) override;
  void Skip() override;
  void Write(exporter::FamilySet& families, exporter::SteadyTime now) const override;
  std::vector<exporter::CollectError> Problems() const override { return problems_; }
  std::vector<exporter::SeriesId> Claims() const override;
  std::optional<std::chrono::milliseconds> Interval() const override { return std::nullopt; }

 private:
  void Take(const Rows& rows, exporter::SteadyTime now);

  std::vector<Pool> pools_;
  MetricSeries size_;
  MetricSeries max_overflow_;
  std::vector<MetricSeries> states_;
  std::vector<exporter::CollectError> problems_;
};

}  // namespace collectors
