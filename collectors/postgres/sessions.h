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

// Who holds what: the sessions of the server by whose they are, which of them
// block others, and how many more may come. Facts of PostgreSQL used here:
//  - of a session that the role may not see pg_stat_activity shows pid, database,
//    user and application_name; all else is NULL, backend_type too
//  - only client backends take from max_connections; walsenders, autovacuum and
//    other workers have slots of their own (src/backend/storage/lmgr/proc.c).
//    A session that is still logging in has a slot and is not shown before 18
//  - a login is refused when fewer than superuser_reserved_connections +
//    reserved_connections slots would stay free, unless the role may have those:
//    that is when pg_connections_used_ratio is 1, and it may go beyond
//  - pg_blocking_pids() locks the whole lock table for a moment, as does pg_locks:
//    the first is called for sessions that wait for a lock and for kMostWaiting
//    of them at most, the second only where there is one
//  - pg_blocking_pids() also names who waits ahead in the queue, and 0 for a
//    prepared transaction, which is no session
//  - pg_locks.waitstart is there since 14
inline constexpr int kMostWaiting = 1000;

// One of the metrics, all of them gauges.
struct SessionMetric;
struct SessionFamily {
  const SessionMetric* metric;
  std::vector<Sample> samples;
};

// Why something is not there.
struct Unknown {
  exporter::ErrorKind kind;
  std::string why;
};

struct SessionCounts {
  // What is not known is not there: where the role does not see all sessions,
  // there are pg_sessions, in which those have the state "hidden" (workers may
  // be among them), and what settings say.
  std::vector<SessionFamily> families;
  std::vector<Unknown> unknown;
};

// For a server of this version (150018). pg_sessions leaves the exporter's own session out;
// its database has a row in each family by database, so that an alert sees the 0.
SqlStatement SessionsStatement(int version);

// A family with labels has the `most` largest series and one more whose labels
// are all "other", so that its sum is right.
SessionCounts MapSessions(const Rows& rows, std::size_t most);

void WriteSessions(const SessionCounts& counts, std::optional<exporter::SteadyTime> expires_at,
                   exporter::FamilySet& families);

// What WriteSessions may write whatever the server does.
std::vector<exporter::SeriesId> SessionClaims();

// The `most` samples with the largest values, among equals the first by labels,
// and the others as one with the value "other" in each label. Samples with the
// same labels are added up. Sorted by labels.
std::vector<Sample> TopSamples(const std::vector<Sample>& samples, std::size_t most);

}  // namespace collectors
