#include "collectors/clients/postgres/pg_transaction.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace collectors {
namespace {

using std::chrono::milliseconds;

// The server's own timeout error needs this time to reach us before our deadline.
constexpr milliseconds kAnswerTime(200);
constexpr int kAnswerShare = 5;  // At most this part of a short remaining time.
constexpr milliseconds kLeastTimeout(10);
// A server whose client no longer reads blocks in a write that statement_timeout does not end;
// tcp_user_timeout ends it. It must not be so short that a lost packet ends it too.
constexpr milliseconds kLeastTcpTimeout(2000);
constexpr int kLockShare = 10;

milliseconds Limit(const PgTransaction& transaction) {
  const milliseconds answer = std::min(kAnswerTime, transaction.remaining / kAnswerShare);
  return std::max(transaction.remaining - answer, kLeastTimeout);
}

std::string Text(milliseconds time) { return std::to_string(time.count()); }

// Quotes a value so that standard_conforming_strings makes no difference.
std::string Literal(std::string_view value) {
  std::string text = value.find('\\') == std::string_view::npos ? "'" : " E'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') text += c;
    text += c;
  }
  return text + "'";
}

struct Setting {
  const char* name;
  // Empty if the setting stays unchanged.
  std::string (*value)(const PgTransaction& transaction);
};

// READ COMMITTED READ ONLY in kBegin is such a setting too: a serializable reader takes part in
// conflict detection, which may make the server refuse the application's transaction; and a standby
// refuses a serializable reader. Below SERIALIZABLE, default_transaction_deferrable has no effect.
constexpr char kBegin[] = "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; SELECT ";

constexpr Setting kSettings[] = {
    // Without it the server would keep working after we have left.
    {"statement_timeout", [](const PgTransaction& of) { return Text(Limit(of)); }},
    // One locked table must not take the whole run.
    {"lock_timeout",
     [](const PgTransaction& of) {
       return Text(std::clamp(of.timeout / kLockShare, milliseconds(1), Limit(of)));
     }},
    // A frozen exporter must not keep a transaction open: that holds back vacuum.
    {"idle_in_transaction_session_timeout",
     [](const PgTransaction& of) { return Text(std::max(of.remaining, kLeastTimeout)); }},
    {"tcp_user_timeout",
     [](const PgTransaction& of) { return Text(std::max(of.remaining, kLeastTcpTimeout)); }},
    // Exists since PostgreSQL 14, and not on every operating system.
    {"client_connection_check_interval",
     [](const PgTransaction& of) {
       return std::string(of.checks_client && of.server_version >= 140000 ? "1000" : "");
     }},
    // The application needs the workers too.
    {"max_parallel_workers_per_gather",
     [](const PgTransaction& of) { return std::string(of.parallel ? "" : "0"); }},
    // If our scan of a table ends early, it moves the place where the application's scans of that
    // table begin, and so the rows of its LIMIT without an ORDER BY.
    {"synchronize_seqscans", [](const PgTransaction&) { return std::string("off"); }},
    // How times are written. How they are read (such as DMY) stays the role's setting.
    {"DateStyle", [](const PgTransaction&) { return std::string("ISO"); }},
    {"IntervalStyle", [](const PgTransaction&) { return std::string("postgres"); }},
    // Nobody reads notices here, and they count as bytes of the answer.
    {"client_min_messages", [](const PgTransaction&) { return std::string("error"); }},
    // Policies hide rows silently: a count of 30 rows is 0. `off` does not show all rows; the
    // server then refuses a statement if a policy would hide rows, in views and functions too.
    {"row_security",
     [](const PgTransaction& of) { return std::string(of.accepts_row_security ? "on" : "off"); }},
    // The application's URL names it. A pooler refuses it as a connection option.
    {"search_path", [](const PgTransaction& of) { return of.search_path; }},
    // Below 1, values are rounded.
    {"extra_float_digits", [](const PgTransaction&) { return std::string("1"); }},
    // With UTF8 the server would refuse to send bytes that it cannot read.
    {"client_encoding",
     [](const PgTransaction& of) { return std::string(of.holds_raw_bytes ? "SQL_ASCII" : ""); }},
};

}  // namespace

// pg_stat_statements counts each SET with another value as a separate statement (up to 17 here),
// and drops the application's statements for them. A SELECT is one statement, whatever its values.
std::string PgOpening(const PgTransaction& transaction) {
  std::string text = kBegin;
  if (transaction.tells_role) {
    text +=
        "pg_catalog.pg_is_in_recovery(), "
        "pg_catalog.current_setting('default_transaction_read_only'), ";
  }
  const char* separator = "";
  for (const Setting& setting : kSettings) {
    const std::string value = setting.value(transaction);
    if (value.empty()) continue;
    text += fmt::format("{}pg_catalog.set_config('{}', {}, true)", separator, setting.name,
                        Literal(value));
    separator = ", ";
  }
  return text;
}

}  // namespace collectors
