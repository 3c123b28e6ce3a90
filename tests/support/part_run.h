#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "collectors/parts/sql_part.h"
#include "tests/support/scripted_sql.h"

namespace collectors {

// A part of a collector, run against a scripted session.
class PartRun {
 public:
  explicit PartRun(SqlPart& part, ScriptedSql::Answer answer, int version = 150000)
      : session_(std::move(answer), version), part_(part) {}

  PartResult Refresh() {
    const exporter::CollectContext context{exporter::Deadline::After(std::chrono::seconds(5)),
                                           watchdog_};
    return part_.Refresh({session_, context, now_});
  }
  void Wait(std::chrono::milliseconds time) { now_ += time; }

  exporter::FamilySet Written() const {
    exporter::FamilySet families;
    part_.Write(families, now_);
    return families;
  }
  // The samples of a family, by its labels' values joined with "/".
  std::vector<std::pair<std::string, double>> Samples(const std::string& name) const {
    return SamplesOf(Written(), name);
  }
  const std::vector<std::string>& asked() const { return session_.asked; }

 private:
  exporter::Watchdog watchdog_;
  ScriptedSql session_;
  SqlPart& part_;
  exporter::SteadyTime now_ = exporter::SteadyTime() + std::chrono::seconds(1000);
};

}  // namespace collectors
