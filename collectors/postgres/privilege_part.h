#pragma once

#include <optional>
#include <vector>

#include "collectors/parts/sql_part.h"

namespace collectors {

// Says which privilege the role lacks: without it PostgreSQL shows less, and
// no error. Exports nothing.
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
