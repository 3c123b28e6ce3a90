#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "collectors/clients/sql/rows.h"
#include "collectors/clients/sql/sql_session.h"
#include "collectors/series/row_mapping.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/family_set.h"

namespace collectors {

// The server's sessions by application, user, address and state, which of them block others, and
// how many more connections are possible. Facts about PostgreSQL used here:
//  - For a session that the role may not see, pg_stat_activity shows pid, database, user and
//    application_name; everything else is NULL, including backend_type.
//  - Only client backends count against max_connections; walsenders, autovacuum and other workers
//    have separate slots (src/backend/storage/lmgr/proc.c). A session that is still logging in has
//    a slot, but is not shown before PostgreSQL 18.
//  - A login is refused if fewer than superuser_reserved_connections + reserved_connections slots
//    would stay free, unless the role may use those. At that point pg_connections_used_ratio is 1;
//    it may exceed 1.
//  - pg_blocking_pids() briefly locks the whole lock table, as does pg_locks. The first is called
//    only for sessions that wait for a lock, and for at most kMostWaiting of them; the second only
//    if there is such a session.
//  - pg_blocking_pids() also returns sessions that wait ahead in the queue, and 0 for a prepared
//    transaction, which is not a session.
//  - pg_locks.waitstart exists since PostgreSQL 14.
inline constexpr int kMostWaiting = 1000;

// One of the metrics. All are gauges.
struct SessionMetric;
struct SessionFamily {
  const SessionMetric* metric;
  std::vector<Sample> samples;
};

// Why some families are missing.
struct Unknown {
  exporter::ErrorKind kind;
  std::string why;
};

struct SessionCounts {
  // Only families with known numbers. If the role does not see all sessions, these are pg_sessions,
  // where the hidden sessions have the state "hidden" (workers may be among them), and the families
  // from settings.
  std::vector<SessionFamily> families;
  std::vector<Unknown> unknown;
};

// `version` is the server's (150018). pg_sessions leaves out the exporter's own session. The
// exporter's database still has a row in each family by database, so that an alert sees the 0.
SqlStatement SessionsStatement(int version);

// A family with labels has the `most` largest series, and one more with "other" in all labels, so
// that its sum is right.
SessionCounts MapSessions(const Rows& rows, std::size_t most);

void WriteSessions(const SessionCounts& counts, std::optional<exporter::SteadyTime> expires_at,
                   exporter::FamilySet& families);

// Returns all series that WriteSessions may write.
std::vector<exporter::SeriesId> SessionClaims();

// Returns the `most` samples with the largest values, and the others as one sample with the value
// "other" in each label. Among equal values the first by labels wins. Samples with the same labels
// are added up. The result is sorted by labels.
std::vector<Sample> TopSamples(const std::vector<Sample>& samples, std::size_t most);

}  // namespace collectors
