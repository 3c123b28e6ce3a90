#include "collectors/db_pool/bouncer_pool_collector.h"

#include "collectors/clients/net/run_of.h"
#include "collectors/db_pool/bouncer_pools.h"

namespace collectors {

exporter::Reading BouncerPoolCollector::Collect(const exporter::CollectContext& context) {
  const RunOf ends_with(*console_);
  // POOLS first: otherwise a pool that was created meanwhile would have no database in the answers.
  BouncerAnswers answers;
  answers.pools = console_->Show(context, "POOLS");
  answers.databases = console_->Show(context, "DATABASES");
  answers.users = console_->Show(context, "USERS");
  exporter::Reading reading;
  AddBouncerPools(answers, pools_, reading.families);
  return reading;
}

std::vector<exporter::SeriesId> BouncerPoolCollector::Claims() const {
  std::vector<exporter::SeriesId> claims;
  for (const Pool& pool : pools_) {
    for (const char* metric : BouncerPoolMetrics()) {
      claims.push_back({metric, {{"pool", pool.name}}});
    }
  }
  return claims;
}

}  // namespace collectors
