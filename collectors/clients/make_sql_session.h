#pragma once

#include <memory>
#include <string>

#include "collectors/clients/sql/sql_session.h"
#include "exporter/config/yaml_reader.h"

namespace collectors {

// Returns the session for a DSN: a URL by its scheme (ReadSqlUrl()), or "host=... dbname=..." of
// PostgreSQL. Adds a problem at `key` and returns null if the DSN cannot be used; adds a warning
// for parameters of it that are dropped. If the DSN is in a file that does not exist yet, the
// session is PostgreSQL's and reads the file when first needed.
std::unique_ptr<SqlSession> MakeSqlSession(exporter::YamlReader& options, const std::string& key,
                                           SqlTarget target);

}  // namespace collectors
