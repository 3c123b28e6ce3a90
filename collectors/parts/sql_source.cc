#include "collectors/parts/sql_source.h"

#include <utility>

#include "collectors/clients/make_sql_session.h"

namespace collectors {

SqlTarget ReadSqlTarget(exporter::YamlReader& options, const exporter::JobSettings& settings) {
  SqlTarget target{options.RequiredSource("dsn"), "exporter/" + settings.name, settings.timeout};
  target.keep_connected = options.Bool("keep_connected", true);
  return target;
}

SqlSource ReadSqlSource(exporter::YamlReader& options, const exporter::JobSettings& settings,
                        SqlTarget target) {
  SqlSource source;
  source.db_time = std::make_shared<DbTime>(ReadMaxDbTime(options), settings.interval);
  auto session = MakeSqlSession(options, "dsn", std::move(target));
  if (session != nullptr) {
    source.session = std::make_unique<MeteredSession>(std::move(session), source.db_time);
  }
  return source;
}

SqlSource ReadPostgresSource(exporter::YamlReader& options, const exporter::JobSettings& settings,
                             SqlTarget target) {
  SqlSource source = ReadSqlSource(options, settings, std::move(target));
  if (source.session == nullptr || source.session->dialect() == SqlDialect::kPostgres) {
    return source;
  }
  options.Problem("dsn", "dsn must name a PostgreSQL: postgresql://user:password@host/database");
  source.session.reset();
  return source;
}

}  // namespace collectors
