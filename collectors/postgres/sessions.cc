#include "collectors/postgres/sessions.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "collectors/postgres/hidden_sessions.h"
#include "collectors/series/row_cells.h"

namespace collectors {

namespace {

// What must be known about all sessions for a metric to be right.
enum class Needs { kNothing, kTypes, kStates, kBlockers };
enum class Labelled { kNot, kByDatabase, kBySession };

}  // namespace

struct SessionMetric {
  const char* what;  // The first column of its rows.
  const char* name;
  Labelled labelled;
  Needs needs;
  const char* help;
};

namespace {

using exporter::ErrorKind;
using Cells = std::vector<std::optional<std::string>>;

constexpr const char* kOther = "other";
// There is at most one row per session, so this exceeds any server.
constexpr std::size_t kMaxRows = 300'000;
constexpr int kFirstWithWaitStart = 140000;

constexpr SessionMetric kMetrics[] = {
    {"sessions", "pg_sessions", Labelled::kBySession, Needs::kNothing,
     "Sessions of clients; the smaller groups are one, under other."},
    {"blocked", "pg_sessions_blocked", Labelled::kByDatabase, Needs::kStates,
     "Sessions that wait for a lock of another one."},
    {"blocking", "pg_sessions_blocking", Labelled::kByDatabase, Needs::kBlockers,
     "Sessions that another one waits for, directly: they hold its lock or are ahead in the "
     "queue."},
    {"oldest_blocker", "pg_sessions_oldest_blocker_age_seconds", Labelled::kNot, Needs::kBlockers,
     "Age of the oldest transaction of a session that blocks another, or of its state where it "
     "has none open; 0 where no session blocks."},
    {"longest_blocked", "pg_sessions_longest_blocked_seconds", Labelled::kNot, Needs::kStates,
     "How long the session that is blocked longest has been waiting; 0 where none is."},
    {"idle_in_transaction", "pg_sessions_idle_in_transaction", Labelled::kByDatabase,
     Needs::kStates, "Sessions that are idle in a transaction, an aborted one included."},
    {"oldest_idle", "pg_sessions_oldest_idle_in_transaction_age_seconds", Labelled::kNot,
     Needs::kStates,
     "How long the session that is idle in a transaction longest has been idle; 0 where none is."},
    {"max", "pg_connections_max", Labelled::kNot, Needs::kNothing, "The setting max_connections."},
    {"reserved", "pg_connections_reserved", Labelled::kNot, Needs::kNothing,
     "Of max_connections, those kept for superusers and for roles in pg_use_reserved_connections."},
    {"used", "pg_connections_used", Labelled::kNot, Needs::kTypes,
     "Connections that count against max_connections, the exporter's included."},
    {"used_ratio", "pg_connections_used_ratio", Labelled::kNot, Needs::kTypes,
     "Used connections by those that are not reserved: at 1 an ordinary login is refused."},
};

// Columns of SessionsStatement: the kind of row, the labels, and the value.
enum Column : std::size_t { kWhat, kApplication, kUser, kAddress, kState, kDatabase, kValue };

// A worker lacks a user or a database, so few workers are taken for hidden sessions.
constexpr const char* kWith = R"(WITH session AS MATERIALIZED (
  SELECT pid, coalesce(leader_pid, pid) AS leader, datname::text AS datname,
    usename::text AS usename, application_name, host(client_addr) AS client_addr,
    backend_type IS NULL AND usesysid IS NOT NULL AND datid IS NOT NULL AS hidden,
    coalesce(backend_type = 'client backend', usesysid IS NOT NULL AND datid IS NOT NULL)
      AS of_client,
    state, wait_event_type, xact_start, state_change
  FROM pg_stat_activity
), other AS MATERIALIZED (
  SELECT * FROM session WHERE pid <> pg_backend_pid()
), waiting AS MATERIALIZED (
  SELECT pid, leader FROM other WHERE wait_event_type = 'Lock'
), blocker AS MATERIALIZED (
  SELECT DISTINCT unnest(pg_blocking_pids(pid)) AS pid
  FROM (SELECT pid FROM waiting LIMIT {0}) AS asked
), capacity AS MATERIALIZED (
  SELECT current_setting('max_connections')::float8 AS most,
    current_setting('superuser_reserved_connections')::float8
      + coalesce(current_setting('reserved_connections', true)::float8, 0) AS reserved,
    (SELECT count(*) FROM session WHERE of_client)::float8 AS used
)
SELECT 'sessions' AS what, application_name, usename, client_addr,
  CASE WHEN hidden THEN 'hidden' ELSE state END AS state, NULL::text AS datname,
  count(*)::float8 AS value
FROM other WHERE of_client GROUP BY 2, 3, 4, 5
)";

// Rows of a kind by database: the number of sessions that meet the condition.
constexpr const char* kByDatabase =
    "UNION ALL SELECT '{}', NULL, NULL, NULL, NULL, datname, count(DISTINCT leader)"
    " FILTER (WHERE {})::float8 FROM session WHERE datname IS NOT NULL GROUP BY datname\n";
constexpr std::pair<const char*, const char*> kConditions[] = {
    {"blocked", "wait_event_type = 'Lock'"},
    {"blocking", "pid IN (SELECT pid FROM blocker)"},
    {"idle_in_transaction", "state LIKE 'idle in transaction%'"},
};

// A row of a kind with one number.
constexpr const char* kNumber =
    "UNION ALL SELECT '{}', NULL, NULL, NULL, NULL, NULL, ({})::float8\n";
constexpr std::pair<const char*, const char*> kNumbers[] = {
    {"max", "SELECT most FROM capacity"},
    {"reserved", "SELECT reserved FROM capacity"},
    {"used", "SELECT used FROM capacity"},
    {"used_ratio", "SELECT used / (most - reserved) FROM capacity WHERE most > reserved"},
    {"untracked", "SELECT count(*) FROM other WHERE state = 'disabled'"},
    {"waiting", "SELECT count(*) FROM waiting"},
    {"oldest_blocker",
     "SELECT greatest(coalesce(max(extract(epoch FROM clock_timestamp()"
     " - coalesce(xact_start, state_change))), 0), 0)"
     " FROM other WHERE pid IN (SELECT pid FROM blocker)"},
    {"oldest_idle",
     "SELECT greatest(coalesce(max(extract(epoch FROM clock_timestamp() - state_change)), 0), 0)"
     " FROM other WHERE state LIKE 'idle in transaction%'"},
};
constexpr std::pair<const char*, const char*> kLongestBlocked = {
    "longest_blocked",
    "SELECT greatest(coalesce(max(extract(epoch FROM clock_timestamp() - waitstart)), 0), 0)"
    " FROM pg_locks WHERE EXISTS (SELECT FROM waiting) AND NOT granted"
    " AND pid IN (SELECT pid FROM waiting)"};

// If sessions are hidden, the column of the user holds the role.
constexpr const char* kHidden =
    "UNION ALL SELECT 'hidden', NULL, current_user::text, NULL, NULL, NULL, count(*)::float8"
    " FROM other WHERE hidden HAVING count(*) > 0";

double NumberOf(const Rows& rows, std::string_view what) {
  for (const Cells& cells : rows.cells) {
    if (cells[kWhat] == what) return ParseSqlNumber(cells[kValue].value_or("0")).value_or(0);
  }
  return 0;
}

std::string BlindRole(const Rows& rows) {
  const auto hidden =
      std::ranges::find_if(rows.cells, [](const Cells& cells) { return cells[kWhat] == "hidden"; });
  return hidden == rows.cells.end() ? "" : LabelValue((*hidden)[kUser]);
}

exporter::Labels LabelsOf(const Cells& cells, Labelled labelled) {
  switch (labelled) {
    case Labelled::kNot:
      return {};
    case Labelled::kByDatabase:
      return {{"datname", LabelValue(cells[kDatabase])}};
    case Labelled::kBySession:
      return {{"application_name", LabelValue(cells[kApplication])},
              {"usename", LabelValue(cells[kUser])},
              {"client_addr", LabelValue(cells[kAddress])},
              {"state", LabelValue(cells[kState])}};
  }
  return {};
}

std::vector<Sample> SamplesFor(const SessionMetric& metric, const Rows& rows, std::size_t most) {
  std::vector<Sample> samples;
  for (const Cells& cells : rows.cells) {
    if (cells[kWhat] != metric.what || !cells[kValue]) continue;
    const auto value = ParseSqlNumber(*cells[kValue]);
    if (value) samples.push_back({LabelsOf(cells, metric.labelled), *value});
  }
  return metric.labelled == Labelled::kNot ? samples : TopSamples(samples, most);
}

// What the rows make known, and why the rest is unknown.
class Knowledge {
 public:
  explicit Knowledge(const Rows& rows)
      : blind_role_(BlindRole(rows)),
        untracked_(NumberOf(rows, "untracked") > 0),
        too_many_(NumberOf(rows, "waiting") > kMostWaiting) {}

  bool Has(Needs needs) const {
    switch (needs) {
      case Needs::kNothing:
        return true;
      case Needs::kTypes:
        return blind_role_.empty();
      case Needs::kStates:
        return blind_role_.empty() && !untracked_;
      case Needs::kBlockers:
        return blind_role_.empty() && !untracked_ && !too_many_;
    }
    return false;
  }

  std::vector<Unknown> Missing() const {
    std::vector<Unknown> missing;
    if (!blind_role_.empty()) {
      missing.push_back(
          {ErrorKind::kPermission, HiddenAdvice(blind_role_, "the state of sessions")});
    }
    if (untracked_) {
      missing.push_back(
          {ErrorKind::kMissing, "track_activities is off for a session: its state is not known"});
    }
    if (too_many_) {
      missing.push_back({ErrorKind::kLimit,
                         fmt::format("more than {} sessions wait for a lock: too many to ask for "
                                     "whom each of them waits",
                                     kMostWaiting)});
    }
    return missing;
  }

 private:
  std::string blind_role_;
  bool untracked_;
  bool too_many_;
};

}  // namespace

SqlStatement SessionsStatement(int version) {
  std::string text = fmt::format(kWith, kMostWaiting);
  for (const auto& [what, condition] : kConditions) {
    text += fmt::format(kByDatabase, what, condition);
  }
  for (const auto& [what, query] : kNumbers) text += fmt::format(kNumber, what, query);
  if (version >= kFirstWithWaitStart) {
    text += fmt::format(kNumber, kLongestBlocked.first, kLongestBlocked.second);
  }
  return {.text = text + kHidden, .max_rows = kMaxRows};
}

SessionCounts MapSessions(const Rows& rows, std::size_t most) {
  const Knowledge knowledge(rows);
  SessionCounts counts;
  counts.unknown = knowledge.Missing();
  for (const SessionMetric& metric : kMetrics) {
    if (!knowledge.Has(metric.needs)) continue;
    counts.families.push_back({&metric, SamplesFor(metric, rows, most)});
  }
  return counts;
}

void WriteSessions(const SessionCounts& counts, std::optional<exporter::SteadyTime> expires_at,
                   exporter::FamilySet& families) {
  for (const SessionFamily& found : counts.families) {
    auto& family = families.Open(prometheus::MetricType::Gauge, found.metric->name,
                                 found.metric->help, expires_at);
    for (const Sample& sample : found.samples) family.Add(sample.labels, sample.value);
  }
}

std::vector<exporter::SeriesId> SessionClaims() {
  std::vector<exporter::SeriesId> claims;
  const Cells any(kValue, "*");
  for (const SessionMetric& metric : kMetrics) {
    claims.push_back({metric.name, LabelsOf(any, metric.labelled)});
  }
  return claims;
}

std::vector<Sample> TopSamples(const std::vector<Sample>& samples, std::size_t most) {
  std::map<exporter::Labels, double> sums;
  for (const Sample& sample : samples) sums[sample.labels] += sample.value;
  std::vector<Sample> sorted;
  sorted.reserve(sums.size());
  for (const auto& [labels, value] : sums) sorted.push_back({labels, value});
  std::ranges::stable_sort(sorted, std::ranges::greater(), &Sample::value);
  std::map<exporter::Labels, double> top;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (i >= most) {
      for (auto& [name, value] : sorted[i].labels) value = kOther;
    }
    top[sorted[i].labels] += sorted[i].value;
  }
  std::vector<Sample> kept;
  kept.reserve(top.size());
  for (const auto& [labels, value] : top) kept.push_back({labels, value});
  return kept;
}

}  // namespace collectors
