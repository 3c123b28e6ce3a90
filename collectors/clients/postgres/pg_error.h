#pragma once

#include <string>
#include <string_view>

#include "exporter/seam/collector.h"

namespace collectors {

// Returns the kind for the five characters of an SQLSTATE (PostgreSQL's documentation, appendix A).
exporter::ErrorKind KindOfSqlState(std::string_view state);

// Returns true if a statement that failed with this SQLSTATE may succeed soon: after a lock, a
// deadlock, a conflict with recovery, or a cancel by somebody.
bool PassesBySqlState(std::string_view state);

// Returns advice for a table whose policies would show `role` only some of the rows.
std::string RowSecurityAdvice(std::string_view role);

// Returns the failure of a connection attempt. libpq 15 reports it only as text:
//   connection to server at "db" (10.0.0.7), port 5432 failed: FATAL:  28P01: password ...
// With the verbosity PQERRORS_VERBOSE the text contains the server's SQLSTATE, in any language. If
// several servers were tried, the last one decides.
exporter::CollectError ConnectFailure(std::string_view message);

// Returns a failure in libpq on an open connection: the connection broke, or the answer is invalid.
exporter::CollectError BrokenConnection(std::string_view message);

}  // namespace collectors
