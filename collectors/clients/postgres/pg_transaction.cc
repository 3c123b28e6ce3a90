#include "collectors/clients/postgres/pg_transaction.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace collectors {
namespace {

using std::chrono::milliseconds;

// What the server's own end of a statement needs to reach us before ours.
constexpr milliseconds kAnswerTime(200);
constexpr int kAnswerShare = 5;  // Of a short time, at most this part.
constexpr milliseconds kLeastTimeout(10);
// A server whose client reads no more waits in a write that no statement_timeout
// ends: its own end of the connection does. Not so short that a lost packet would.
constexpr milliseconds kLeastTcpTimeout(2000);
constexpr int kLockShare = 10;

milliseconds Limit(const PgTransaction& transaction) {
  const milliseconds answer = std::min(kAnswerTime, transaction.remaining / kAnswerShare);
  return std::max(transaction.remaining - answer, kLeastTimeout);
}

std::string Text(milliseconds time) { return std::to_string(time.count()); }

// In quotes that mean the same whatever standard_conforming_strings is.
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
  // Empty where the setting stays as it is.
  std::string (*value)(const PgTransaction& transaction);
};

// READ COMMITTED READ ONLY in kBegin belongs here too: a serializable reader takes part in the
// detection of conflicts, so that the application's transaction is refused, and a standby refuses
// it. Below SERIALIZABLE, default_transaction_deferrable means nothing.
constexpr char kBegin[] = "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; SELECT ";

constexpr Setting kSettings[] = {
    // Otherwise the server works on for nobody.
    {"statement_timeout", [](const PgTransaction& of) { return Text(Limit(of)); }},
    // One locked table must not eat the whole run.
    {"lock_timeout",
     [](const PgTransaction& of) {
       return Text(std::clamp(of.timeout / kLockShare, milliseconds(1), Limit(of)));
     }},
    // An exporter that is frozen must not keep a transaction open, which holds vacuum back.
    {"idle_in_transaction_session_timeout",
     [](const PgTransaction& of) { return Text(std::max(of.remaining, kLeastTimeout)); }},
    {"tcp_user_timeout",
     [](const PgTransaction& of) { return Text(std::max(of.remaining, kLeastTcpTimeout)); }},
    // Not known before 14, nor on every operating system.
    {"client_connection_check_interval",
     [](const PgTransaction& of) {
       return std::string(of.checks_client && of.server_version >= 140000 ? "1000" : "");
     }},
    // The workers are the application's as well.
    {"max_parallel_workers_per_gather",
     [](const PgTransaction& of) { return std::string(of.parallel ? "" : "0"); }},
    // A scan of ours that ends early would move the place where the application's scans of that
    // table begin, and with it the rows of its LIMIT without an ORDER BY.
    {"synchronize_seqscans", [](const PgTransaction&) { return std::string("off"); }},
    // The texts of times. How a time is read, as DMY, is the role's as before.
    {"DateStyle", [](const PgTransaction&) { return std::string("ISO"); }},
    {"IntervalStyle", [](const PgTransaction&) { return std::string("postgres"); }},
    // Nobody reads notices here, and they count as bytes of the answer.
    {"client_min_messages", [](const PgTransaction&) { return std::string("error"); }},
    // Policies leave rows out without a word: a count of 30 rows is 0. `off` is not to see them
    // all,
    // but to be refused where a policy would choose, in views and functions too.
    {"row_security",
     [](const PgTransaction& of) { return std::string(of.accepts_row_security ? "on" : "off"); }},
    // What the application's URL names; a pooler refuses it as an option of the connection.
    {"search_path", [](const PgTransaction& of) { return of.search_path; }},
    // Less than 1 rounds the values.
    {"extra_float_digits", [](const PgTransaction&) { return std::string("1"); }},
    // In UTF-8 the server would refuse to send what it cannot read.
    {"client_encoding",
     [](const PgTransaction& of) { return std::string(of.holds_raw_bytes ? "SQL_ASCII" : ""); }},
};

}  // namespace

// pg_stat_statements takes each SET with a value of its own as a statement of its own (up to 17),
// and drops the application's for them; a SELECT is one, whatever its values are.
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
