#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "collectors/clients/sql_session.h"
#include "collectors/sql/part_schedule.h"
#include "exporter/collector.h"

namespace collectors {

extern const exporter::CollectorType kSqlType;

// Business numbers from SQL: counts that it writes itself, and queries.
class SqlCollector : public exporter::Collector {
 public:
  SqlCollector(std::unique_ptr<SqlSession> session, std::vector<std::unique_ptr<SqlPart>> parts,
               std::chrono::milliseconds interval)
      : session_(std::move(session)), schedule_(std::move(parts), interval) {}

  exporter::Reading Collect(const exporter::CollectContext& context) override;
  std::vector<exporter::SeriesId> Claims() const override { return schedule_.Claims(); }

 private:
  std::unique_ptr<SqlSession> session_;
  PartSchedule schedule_;
};

// Notes what is wrong with the keys in `options`, and returns null then.
std::unique_ptr<exporter::Collector> MakeSqlCollector(exporter::YamlReader& options,
                                                      const exporter::JobSettings& settings);

}  // namespace collectors
