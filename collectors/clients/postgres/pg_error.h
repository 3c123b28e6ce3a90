#pragma once

#include <string>
#include <string_view>

#include "exporter/seam/collector.h"

namespace collectors {

// What a failure is, by the five characters of its SQLSTATE (PostgreSQL's
// documentation, appendix A).
exporter::ErrorKind KindOfSqlState(std::string_view state);

// Whether a statement that failed so may be well when it is asked again soon: a lock, a
// deadlock, a conflict with recovery, or a cancel by somebody.
bool PassesBySqlState(std::string_view state);

// What to do if `role` would see only the rows of a table that policies let it see.
std::string RowSecurityAdvice(std::string_view role);

// What libpq 15 says of a connection that failed, which it says in words only:
//   connection to server at "db" (10.0.0.7), port 5432 failed: FATAL:  28P01: password ...
// With the verbosity PQERRORS_VERBOSE the server's SQLSTATE is among them,
// whatever its language. Where several servers were tried, the last one decides.
exporter::CollectError ConnectFailure(std::string_view message);

// A failure in libpq itself on a connection that was made: a broken one, or an
// answer that makes no sense.
exporter::CollectError BrokenConnection(std::string_view message);

}  // namespace collectors
