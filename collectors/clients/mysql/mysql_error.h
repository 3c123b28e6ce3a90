#pragma once

#include "exporter/seam/collector.h"

namespace collectors {

// What a failure is, by its number: MariaDB's and MySQL's servers count from 1000
// and from 3000 (their documentation, "Error Codes"), the client library from 2000
// and from 5000 (errmsg.h).
exporter::ErrorKind KindOfMysqlError(unsigned number);

// Whether a statement that failed so may be well when it is asked again soon: a lock, a
// deadlock, a table that was altered meanwhile, or KILL QUERY.
bool PassesByMysqlError(unsigned number);

// Whether the client library says it: the connection is of no more use.
bool IsOfMysqlLibrary(unsigned number);

// Whether a warning of this number says that the statement did not come to its end.
bool IsOfCutStatement(unsigned number);

}  // namespace collectors
