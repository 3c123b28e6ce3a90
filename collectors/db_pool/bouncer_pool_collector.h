#pragma once

#include <memory>
#include <vector>

#include "collectors/clients/postgres/pgbouncer_console.h"
#include "collectors/db_pool/pool.h"
#include "exporter/seam/collector.h"

namespace collectors {

// Exports PgBouncer's pools as an application's pools, from its console. Uses only name, user and
// database of a Pool.
class BouncerPoolCollector : public exporter::Collector {
 public:
  BouncerPoolCollector(std::unique_ptr<PgBouncerConsole> console, std::vector<Pool> pools)
      : console_(std::move(console)), pools_(std::move(pools)) {}

  exporter::Reading Collect(const exporter::CollectContext& context) override;
  std::vector<exporter::SeriesId> Claims() const override;

 private:
  std::unique_ptr<PgBouncerConsole> console_;
  std::vector<Pool> pools_;
};

}  // namespace collectors
