#include "collectors/sql/sql_source.h"

#include <utility>

namespace collectors {

SqlSource ReadSqlSource(exporter::YamlReader& options, const exporter::JobSettings& settings) {
  SqlSource source;
  source.db_time = std::make_shared<DbTime>(ReadMaxDbTime(options), settings.interval);
  SqlTarget target{options.RequiredSource("dsn"), "exporter/" + settings.name, settings.timeout};
  auto session = MakeSqlSession(options, "dsn", std::move(target));
  if (session != nullptr) {
    source.session = std::make_unique<MeteredSession>(std::move(session), source.db_time);
  }
  return source;
}

SqlSource ReadPostgresSource(exporter::YamlReader& options, const exporter::JobSettings& settings) {
  SqlSource source = ReadSqlSource(options, settings);
  if (source.session == nullptr || source.session->dialect() == SqlDialect::kPostgres) {
    return source;
  }
  options.Problem("dsn", "dsn must name a PostgreSQL: postgresql://user:password@host/database");
  source.session.reset();
  return source;
}

}  // namespace collectors
