#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collectors/parts/sql_part.h"

namespace collectors {

// The statements that one name in `parts:` switches, and their joint outcome. Each statement may
// fail alone.
class NamedPart : public SqlPart {
 public:
  // `name` is that of postgres_exporter's collector. All statements have the interval of the first
  // one.
  NamedPart(std::string name, std::vector<std::unique_ptr<SqlPart>> statements)
      : name_(std::move(name)), statements_(std::move(statements)) {}

  PartResult Refresh(const SqlRun& run) override;
  void Skip() override;
  void Write(exporter::FamilySet& families, exporter::SteadyTime now) const override;
  std::vector<exporter::CollectError> Problems() const override;
  std::vector<exporter::SeriesId> Claims() const override;
  std::vector<PartOutcome> Outcomes() const override;
  std::optional<std::chrono::milliseconds> Interval() const override;

 private:
  PartResult RefreshAll(const SqlRun& run);

  std::string name_;
  std::vector<std::unique_ptr<SqlPart>> statements_;
  std::optional<PartOutcome> outcome_;  // Absent before its first turn.
};

}  // namespace collectors
