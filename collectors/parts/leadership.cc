#include "collectors/parts/leadership.h"

#include <cstdint>

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;

// Takes the lock and sets the timeouts only if the backend's process ID is the one that the
// connection was told. Through a pooler both would stay behind in another client's session.
// idle_session_timeout exists since PostgreSQL 14. It does not apply within a transaction, and an
// aborted transaction loses the settings made in it.
constexpr const char* kTake =
    "SELECT direct, CASE WHEN direct THEN pg_try_advisory_lock($1::text::bigint) END AS leads,"
    " CASE WHEN direct AND current_setting('server_version_num')::int >= 140000"
    " THEN set_config('idle_session_timeout', $3::text, false) END,"
    " CASE WHEN direct THEN set_config('idle_in_transaction_session_timeout', $3::text, false) END"
    " FROM (SELECT pg_backend_pid() = $2::text::int AS direct) AS session";

// FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), because every process must get the same key.
std::int64_t KeyOf(const std::string& text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return static_cast<std::int64_t>(hash);
}

}  // namespace

Leadership::Leadership(const std::string& collector, std::chrono::milliseconds idle_limit)
    : key_(std::to_string(KeyOf("exporter/singleton/" + collector))),
      idle_limit_ms_(std::to_string(idle_limit.count())) {}

Rows Leadership::Ask(SqlSession& session, const CollectContext& context) {
  session.ServerVersion(context);  // Connects, so that the process ID is known.
  const int told = session.BackendPid();
  const SqlStatement statement = {.text = kTake,
                                  .parameters = {key_, std::to_string(told), idle_limit_ms_}};
  Rows rows = session.Query(context, statement);
  if (session.BackendPid() != told) {
    // The kept connection was dead, and a new one took its place.
    return Ask(session, context);
  }
  if (rows.cells.size() != 1 || rows.cells[0].size() < 2) {
    throw CollectError(ErrorKind::kProtocol, "the server did not say who holds the lock");
  }
  return rows;
}

bool Leadership::Take(SqlSession& session, const CollectContext& context) {
  if (leads_ && Holds(session, context)) return true;
  const Rows rows = Ask(session, context);
  if (rows.cells[0][0] != "t") {
    throw CollectError(ErrorKind::kQuery,
                       "singleton needs a session of its own, and this DSN leads through a pooler "
                       "as PgBouncer: name the server itself");
  }
  leads_ = rows.cells[0][1] == "t";
  session.Pin(leads_);
  return leads_;
}

// The lock is never released explicitly, so the session still holds it if it is alive.
bool Leadership::Holds(SqlSession& session, const CollectContext& context) {
  try {
    session.Query(context, {.text = "SELECT 1"});
    return true;
  } catch (const CollectError& error) {
    Lose(session);
    if (error.kind() != ErrorKind::kConnect) throw;
    return false;
  }
}

void Leadership::Confirm(SqlSession& session, const CollectContext& context) {
  try {
    session.Query(context, {.text = "SELECT 1"});
  } catch (const CollectError&) {
    Lose(session);
    throw;
  }
}

void Leadership::Lose(SqlSession& session) {
  leads_ = false;
  session.Pin(false);
}

}  // namespace collectors
