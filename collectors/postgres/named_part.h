#pragma once

#include <memory>
#include <string>
#include <vector>

#include "collectors/sql/sql_part.h"

namespace collectors {

// How a named part's last run went.
struct PartOutcome {
  double seconds = 0;
  bool succeeded = true;
};

// pg_scrape_collector_duration_seconds and pg_scrape_collector_success, as
// postgres_exporter has them of its collectors.
void WriteOutcome(exporter::FamilySet& families, const std::string& name,
                  const PartOutcome& outcome);
std::vector<exporter::SeriesId> OutcomeClaims(const std::string& name);

// What `parts:` switches under one name: its statements, each of which may fail
// alone, and how they went together.
class NamedPart : public SqlPart {
 public:
  // `name` is that of postgres_exporter's collector. All statements have the
  // interval of the first one.
  NamedPart(std::string name, std::vector<std::unique_ptr<SqlPart>> statements)
      : name_(std::move(name)), statements_(std::move(statements)) {}

  PartResult Refresh(const SqlRun& run) override;
  void Skip() override;
  void Write(exporter::FamilySet& families, exporter::SteadyTime now) const override;
  std::vector<exporter::CollectError> Problems() const override;
  std::vector<exporter::SeriesId> Claims() const override;
  std::optional<std::chrono::milliseconds> Interval() const override;

  const std::string& name() const { return name_; }
  const PartOutcome& outcome() const { return outcome_; }
  // What its statements found, without the outcome.
  void WriteFound(exporter::FamilySet& families, exporter::SteadyTime now) const;
  std::vector<exporter::SeriesId> ClaimsFound() const;

 private:
  PartResult RefreshAll(const SqlRun& run);

  std::string name_;
  std::vector<std::unique_ptr<SqlPart>> statements_;
  PartOutcome outcome_;
};

}  // namespace collectors
