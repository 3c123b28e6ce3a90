#pragma once

#include <libpq-fe.h>

#include "collectors/clients/sql/rows.h"

namespace collectors {

// Returns the type of a column. For a domain, libpq reports the type below it.
ColumnType TypeOfPgColumn(Oid type);

}  // namespace collectors
