#pragma once

#include <optional>
#include <vector>

#include "collectors/parts/sql_part.h"

namespace collectors {

// Reports if the role lacks a privilege without which PostgreSQL shows less, without an error.
// Exports no series.
class PrivilegePart : public SqlPart {
 public:
  PartResult Refresh(const SqlRun& run) override;
  void Skip() override;
  void Write(exporter::FamilySet& /*families*/, exporter::SteadyTime /*now*/) const override {}
  std::vector<exporter::CollectError> Problems() const override;
  std::vector<exporter::SeriesId> Claims() const override { return {}; }
  std::optional<std::chrono::milliseconds> Interval() const override { return std::nullopt; }

 private:
  std::optional<exporter::CollectError> problem_;
};

}  // namespace collectors
