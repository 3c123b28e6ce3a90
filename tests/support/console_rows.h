#pragma once

#include <string>

#include "collectors/clients/sql/rows.h"

namespace collectors {

// What SHOW `what` answers of a PgBouncer of that version, from tests/data/pgbouncer.
Rows ConsoleRows(const std::string& version, std::string what);

}  // namespace collectors
