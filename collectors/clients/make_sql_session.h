#pragma once

#include <memory>
#include <string>

#include "collectors/clients/sql/sql_session.h"
#include "exporter/config/yaml_reader.h"

namespace collectors {

// Returns the session for a DSN by its scheme: postgresql:// or postgres:// (also with a driver
// suffix, as postgresql+asyncpg://), "host=... dbname=...", mysql:// or mariadb:// (also
// mysql+pymysql://), or sqlite:///path. Adds a problem at `key` and returns null if the scheme is
// another one. If the DSN is in a file that does not exist yet, the session is PostgreSQL's and
// reads the file when first needed.
std::unique_ptr<SqlSession> MakeSqlSession(exporter::YamlReader& options, const std::string& key,
                                           SqlTarget target);

}  // namespace collectors
