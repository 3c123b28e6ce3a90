#pragma once

#include <string>
#include <vector>

#include "collectors/parts/sql_part.h"

namespace collectors {

// A database of a server.
struct ServerDatabase {
  std::string name = {};
  // PostgreSQL's OID, which distinguishes it from a later database of the same name; empty if there
  // is none.
  std::string identity = {};
  bool is_own = false;  // It is the session's own database.
};

// Returns the databases of the session's server that an application could use, sorted by name.
// Leaves out PostgreSQL's templates, databases that accept no connections, and MySQL's system
// databases.
std::vector<ServerDatabase> ListDatabases(const SqlRun& run);

// Throws CollectError of kind kMissing if the session is connected to another database: a pooler
// may map the name to one of another name.
void CheckDatabase(const SqlRun& run, const ServerDatabase& expected);

}  // namespace collectors
