#pragma once

#include "exporter/seam/collector.h"

namespace collectors {

// Returns the kind of an error number. MariaDB's and MySQL's servers number from 1000 and from 3000
// (their documentation, "Error Codes"), the client library from 2000 and from 5000 (errmsg.h).
exporter::ErrorKind KindOfMysqlError(unsigned number);

// Returns true if a statement that failed with this number may succeed soon: after a lock, a
// deadlock, a table that was altered meanwhile, or KILL QUERY.
bool PassesByMysqlError(unsigned number);

// Returns true if the error is the client library's: the connection can no longer be used.
bool IsOfMysqlLibrary(unsigned number);

// Returns true if a warning with this number means that the statement was cut off.
bool IsOfCutStatement(unsigned number);

}  // namespace collectors
