#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "collectors/parts/leadership.h"
#include "collectors/parts/part_schedule.h"
#include "collectors/parts/sql_source.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/job_settings.h"

namespace collectors {

// A collector that asks its parts over one session: numbers from the user's SQL, the health of a
// PostgreSQL server, or its pools.
class SqlCollector : public exporter::Collector {
 public:
  SqlCollector(SqlSource source, std::vector<std::unique_ptr<SqlPart>> parts,
               const exporter::JobSettings& settings)
      : session_(std::move(source.session)),
        db_time_(source.db_time),
        schedule_(std::move(parts), settings.interval, source.db_time) {}

  // Call before the first run: only one of several exporters with this collector collects.
  void MakeSingleton(const exporter::JobSettings& settings);

  exporter::Reading Collect(const exporter::CollectContext& context) override;
  std::vector<exporter::SeriesId> Claims() const override { return schedule_.Claims(); }
  exporter::FamilySet Account() const override;
  bool KeepsReading() const override { return !leadership_; }

 private:
  exporter::Reading CollectAsLeader(const SqlRun& run);

  std::unique_ptr<MeteredSession> session_;
  std::shared_ptr<DbTime> db_time_;
  PartSchedule schedule_;
  std::optional<Leadership> leadership_;  // Only for a singleton.
  // How long a leader's reading is shown, however long the server keeps the lock: after that
  // another exporter may lead.
  std::chrono::milliseconds shown_for_{0};
  exporter::SteadyTime leads_until_;
  bool shows_ = false;  // Whether the last run, as leader, found the reading that is shown.
};

}  // namespace collectors
