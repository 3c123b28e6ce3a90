#pragma once

#include <memory>
#include <string>
#include <vector>

#include "collectors/sql/sql_part.h"

namespace collectors {

// What `parts:` switches under one name: its statements, each of which may fail
// alone, and how they went together.
class NamedPart : public SqlPart {
 public:
  // `name` is that of postgres_exporter's collector. All statements have the
  // interval of the first one.
  NamedPart(std::string name, std::vector<std::unique_ptr<SqlPart>> statements)
      : statements_(std::move(statements)), outcome_{std::move(name)} {}

  PartResult Refresh(const SqlRun& run) override;
  void Skip() override;
  void Write(exporter::FamilySet& families, exporter::SteadyTime now) const override;
  std::vector<exporter::CollectError> Problems() const override;
  std::vector<exporter::SeriesId> Claims() const override;
  std::vector<PartOutcome> Outcomes() const override { return {outcome_}; }
  std::optional<std::chrono::milliseconds> Interval() const override;

 private:
  PartResult RefreshAll(const SqlRun& run);

  std::vector<std::unique_ptr<SqlPart>> statements_;
  PartOutcome outcome_;
};

}  // namespace collectors
