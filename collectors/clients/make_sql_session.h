#pragma once

#include <memory>
#include <string>

#include "collectors/clients/sql/sql_session.h"
#include "exporter/config/yaml_reader.h"

namespace collectors {

// The session for a DSN by its scheme: postgresql://, postgres:// (with a driver
// suffix as postgresql+asyncpg://), "host=... dbname=...", mysql:// or mariadb://
// (mysql+pymysql:// too), or sqlite:///path.
// Notes a problem at `key` and returns null where the scheme is none of these.
// A DSN in a file is looked at when it is first needed: then PostgreSQL, unless
// the file is there already and says otherwise.
std::unique_ptr<SqlSession> MakeSqlSession(exporter::YamlReader& options, const std::string& key,
                                           SqlTarget target);

}  // namespace collectors
