#pragma once

#include <libpq-fe.h>

#include "collectors/clients/sql/rows.h"

namespace collectors {

// What a column of this type holds. libpq names a domain by the type below it.
ColumnType TypeOfPgColumn(Oid type);

}  // namespace collectors
