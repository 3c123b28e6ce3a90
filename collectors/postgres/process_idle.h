#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "collectors/clients/sql/rows.h"
#include "collectors/clients/sql/sql_session.h"
#include "exporter/seam/family_set.h"

namespace collectors {

// The sessions of an application that are in one of the states "idle", "idle in
// transaction" and "idle in transaction (aborted)", by the seconds since they
// entered it.
struct IdleGroup {
  std::string application_name;
  std::string state;
  prometheus::ClientMetric::Histogram seconds;
};

struct IdleGroups {
  std::vector<IdleGroup> groups;
  // The role that sees the state of some sessions not; empty where it sees all.
  // An application with such a session has no group: it would be too small.
  std::string blind_role;
};

// A row a group, the exporter's own session left out. Buckets and sums as
// postgres_exporter's: a sum is of whole seconds.
SqlStatement IdleStatement();

// The `most` groups with most sessions; the others become one a state, under
// the application_name "other".
IdleGroups MapIdle(const Rows& rows, std::size_t most);

// Writes pg_process_idle_seconds.
void WriteIdle(const std::vector<IdleGroup>& groups, std::optional<exporter::SteadyTime> expires_at,
               exporter::FamilySet& families);

}  // namespace collectors
