#include "collectors/clients/postgres/pg_error.h"

#include <fmt/format.h>

#include <algorithm>

#include "collectors/clients/net/shown_text.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;

constexpr std::size_t kStateLength = 5;

struct Row {
  std::string_view beginning;
  ErrorKind kind;
};

// The first row whose prefix matches decides. Any other state is kQuery.
constexpr Row kStates[] = {
    {"08", ErrorKind::kConnect},
    {"25P03", ErrorKind::kTimeout},  // idle_in_transaction_session_timeout
    {"25P04", ErrorKind::kTimeout},  // transaction_timeout
    {"28", ErrorKind::kAuth},
    {"3D000", ErrorKind::kMissing},     // invalid_catalog_name: no such database
    {"3F000", ErrorKind::kMissing},     // invalid_schema_name
    {"42501", ErrorKind::kPermission},  // insufficient_privilege
    {"42703", ErrorKind::kMissing},     // undefined_column
    {"42704", ErrorKind::kMissing},     // undefined_object
    {"42883", ErrorKind::kMissing},     // undefined_function
    {"42P01", ErrorKind::kMissing},     // undefined_table
    {"53300", ErrorKind::kConnect},     // too_many_connections
    {"55P03", ErrorKind::kTimeout},     // lock_not_available: lock_timeout
    {"57014", ErrorKind::kTimeout},     // query_canceled: statement_timeout
    {"57P", ErrorKind::kConnect},       // shutdown, crash, cannot connect now
};

// PgBouncer sends it for nearly every failure, so the text decides.
constexpr std::string_view kPoolerState = "08P01";

// Texts of libpq itself or of a pooler.
constexpr Row kConnectWords[] = {
    {"password authentication failed", ErrorKind::kAuth},
    {"no password supplied", ErrorKind::kAuth},
    {"no pg_hba.conf entry", ErrorKind::kAuth},
    {"authentication method", ErrorKind::kAuth},
    {"authentication failed", ErrorKind::kAuth},
    {"no such user", ErrorKind::kAuth},
    {"no such database", ErrorKind::kMissing},
    {"channel binding", ErrorKind::kAuth},
    {"expected authentication request", ErrorKind::kProtocol},
    {"received invalid response to", ErrorKind::kProtocol},
    {"SCRAM", ErrorKind::kProtocol},
};

constexpr Row kBrokenWords[] = {
    {"lost synchronization", ErrorKind::kProtocol},
    {"unexpected response", ErrorKind::kProtocol},
    {"unexpected field count", ErrorKind::kProtocol},
    {"insufficient data", ErrorKind::kProtocol},
    {"extraneous data", ErrorKind::kProtocol},
    {"message contents do not agree", ErrorKind::kProtocol},
    {"without prior row description", ErrorKind::kProtocol},
};

template <std::size_t kRows>
ErrorKind KindOfWords(std::string_view message, const Row (&rows)[kRows]) {
  for (const Row& row : rows) {
    if (message.find(row.beginning) != std::string_view::npos) return row.kind;
  }
  return ErrorKind::kConnect;
}

bool IsState(std::string_view text) {
  return text.size() == kStateLength && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
         });
}

// Returns the part after the last `mark`; all of the text if there is none.
std::string_view After(std::string_view text, std::string_view mark) {
  const std::size_t found = text.rfind(mark);
  return found == std::string_view::npos ? text : text.substr(found + mark.size());
}

std::string_view FirstLine(std::string_view text) { return text.substr(0, text.find('\n')); }

// Classifies a line by its SQLSTATE, as in "FATAL:  28P01: password authentication failed",
// whatever the language of its severity; without an SQLSTATE, by its words.
template <std::size_t kRows>
CollectError FailureOf(std::string_view line, const Row (&words)[kRows]) {
  constexpr std::string_view kAfterSeverity = ":  ";
  const std::size_t severity = line.find(kAfterSeverity);
  if (severity != std::string_view::npos) {
    const std::string_view rest = line.substr(severity + kAfterSeverity.size());
    const std::string_view state = rest.substr(0, kStateLength);
    if (IsState(state) && rest.substr(kStateLength).starts_with(": ")) {
      return {state == kPoolerState ? KindOfWords(line, words) : KindOfSqlState(state),
              ShownText(rest.substr(kStateLength + 2))};
    }
  }
  return {KindOfWords(line, words), ShownText(line)};
}

}  // namespace

ErrorKind KindOfSqlState(std::string_view state) {
  for (const Row& row : kStates) {
    if (state.starts_with(row.beginning)) return row.kind;
  }
  return ErrorKind::kQuery;
}

bool PassesBySqlState(std::string_view state) {
  constexpr std::string_view kPassing[] = {"08", "40001", "40P01", "55P03", "57"};
  return std::ranges::any_of(kPassing,
                             [&](std::string_view one) { return state.starts_with(one); });
}

std::string RowSecurityAdvice(std::string_view role) {
  return fmt::format(
      "role {0} (of a view, its owner) sees a part of the rows only: ALTER ROLE {0} BYPASSRLS, or "
      "row_security: accept if this part is what is wanted",
      ShownText(role));
}

CollectError ConnectFailure(std::string_view message) {
  return FailureOf(FirstLine(After(message, " failed: ")), kConnectWords);
}

CollectError BrokenConnection(std::string_view message) {
  const std::string_view line = FirstLine(message);
  return FailureOf(line.empty() ? "the connection broke" : line, kBrokenWords);
}

}  // namespace collectors
