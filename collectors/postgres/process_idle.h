#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "collectors/clients/sql/rows.h"
#include "collectors/clients/sql/sql_session.h"
#include "exporter/seam/family_set.h"

namespace collectors {

// An application's sessions in one of the states "idle", "idle in transaction" and "idle in
// transaction (aborted)", by the seconds since they entered it.
struct IdleGroup {
  std::string application_name;
  std::string state;
  prometheus::ClientMetric::Histogram seconds;
};

struct IdleGroups {
  std::vector<IdleGroup> groups;
  // The role from which the state of some sessions is hidden; empty if it sees all. An application
  // with such a session has no group, because the group would be too small.
  std::string blind_role;
};

// Returns a statement with one row per group, without the exporter's own session. Buckets and sums
// are postgres_exporter's: a sum is in whole seconds.
SqlStatement IdleStatement();

// Returns the `most` groups with the most sessions. The others become one group per state, with the
// application_name "other".
IdleGroups MapIdle(const Rows& rows, std::size_t most);

// Writes pg_process_idle_seconds.
void WriteIdle(const std::vector<IdleGroup>& groups, std::optional<exporter::SteadyTime> expires_at,
               exporter::FamilySet& families);

}  // namespace collectors
