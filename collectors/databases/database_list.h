#pragma once

#include <string>
#include <vector>

#include "collectors/parts/sql_part.h"

namespace collectors {

// A database of a server.
struct ServerDatabase {
  std::string name = {};
  // What tells it from a later one of the same name, PostgreSQL's OID; empty if nothing does.
  std::string identity = {};
  bool is_own = false;  // The database of the session itself.
};

// The databases of the session's server that an application could use, in the order of their
// names: no template of PostgreSQL, none that accepts no connection, none of MySQL's own.
std::vector<ServerDatabase> ListDatabases(const SqlRun& run);

// Throws CollectError of kind kMissing if the session has another database than this one: a
// pooler sends a name where its configuration says.
void CheckDatabase(const SqlRun& run, const ServerDatabase& expected);

}  // namespace collectors
