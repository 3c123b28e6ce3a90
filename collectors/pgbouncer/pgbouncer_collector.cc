#include "collectors/pgbouncer/pgbouncer_collector.h"

#include <memory>
#include <utility>
#include <vector>

#include "collectors/clients/postgres/pgbouncer_console.h"
#include "collectors/pgbouncer/console_reader.h"
#include "exporter/config/yaml_reader.h"
#include "exporter/seam/job_settings.h"

namespace collectors {
namespace {

using exporter::CollectContext;

constexpr std::string_view kClientsPart = "clients";

class PgBouncerCollector : public exporter::Collector {
 public:
  PgBouncerCollector(std::unique_ptr<PgBouncerConsole> console, std::vector<ConsoleShow> shows)
      : console_(std::move(console)), shows_(std::move(shows)) {}

  exporter::Reading Collect(const CollectContext& context) override {
    return ReadConsole([&](std::string_view what) { return console_->Show(context, what); },
                       shows_);
  }

 private:
  std::unique_ptr<PgBouncerConsole> console_;
  std::vector<ConsoleShow> shows_;
};

bool ReadClientsPart(exporter::YamlReader& options) {
  auto parts = options.Child("parts");
  if (!parts) return true;
  const bool clients = parts->Bool(std::string(kClientsPart), true);
  parts->RejectUnknownKeys();
  return clients;
}

std::unique_ptr<exporter::Collector> Make(exporter::YamlReader& options,
                                          const exporter::JobSettings& settings) {
  SqlTarget target{options.RequiredSource("dsn"), "exporter/" + settings.name, settings.timeout};
  const bool clients = ReadClientsPart(options);
  auto console = MakePgBouncerConsole(options, "dsn", std::move(target));
  if (console == nullptr) return nullptr;
  std::vector<ConsoleShow> shows;
  for (const ConsoleShow& show : ConsoleShows()) {
    if (clients || show.part != kClientsPart) shows.push_back(show);
  }
  return std::make_unique<PgBouncerCollector>(std::move(console), std::move(shows));
}

}  // namespace

constexpr exporter::HealthFamily kHealth[] = {
    {"pgbouncer_up", exporter::HealthValue::kUp, "Whether the last collection reached PgBouncer."},
};

const exporter::CollectorType kPgBouncerType = {
    .name = "pgbouncer",
    .summary = "A PgBouncer's pools, databases and clients, under the names of pgbouncer_exporter.",
    .keys =
        R"(dsn    postgresql://stats@127.0.0.1:6432/pgbouncer, whose user is in stats_users or
       admin_users; dsn_file for a file that holds it
parts  clients: true (default) counts the clients by user, database, application_name and state;
       SHOW CLIENTS, for 1,000 clients 1 ms of PgBouncer's one thread and 200 KB)",
    .metrics = R"(pgbouncer_up, pgbouncer_version_info
pgbouncer_databases, pgbouncer_users, pgbouncer_pools
pgbouncer_*_clients, pgbouncer_*_servers, pgbouncer_cached_dns_*, pgbouncer_in_flight_dns_queries
pgbouncer_config_max_client_connections, pgbouncer_config_max_user_connections
pgbouncer_databases_*{name,host,port,database,force_user,pool_mode}
pgbouncer_pools_*{database,user}
pgbouncer_stats_totals_*{database}
pgbouncer_client_connections{user,database,application_name,state})",
    .health = kHealth,
    .make = Make,
};

}  // namespace collectors
