#include "exporter/peer_flags.h"

#include <algorithm>

namespace exporter {
namespace {

struct PeerFlag {
  std::string_view name;  // Without its dashes. One that ends with a dot is a beginning.
  std::string_view here;
};

// Of postgres_exporter, pgbouncer_exporter, redis_exporter, sql_exporter and celery-exporter.
constexpr PeerFlag kFlags[] = {
    {"auto-discover-databases", "the key databases of a collector of type postgres"},
    {"broker-url", "CELERY_BROKER_URL, or the key url of a collector of type celery"},
    {"check-keys", "the key keys of a collector of type redis"},
    {"check-single-keys", "the key keys of a collector of type redis"},
    {"check-streams", "the key streams of a collector of type redis"},
    {"collector.", "the key parts of a collector of type postgres"},
    {"config.file", "--config FILE"},
    {"extend.query-path", "the key queries of a collector of type sql"},
    {"no-collector.", "the key parts of a collector of type postgres"},
    {"pgBouncer.connectionString",
     "PGBOUNCER_URL, or the key dsn of a collector of type pgbouncer"},
    {"port", "--web.listen-address HOST:PORT"},
    {"redis.addr", "REDIS_URL, or the key url of a collector of type redis"},
    {"redis.password", "the key password of a collector of type redis"},
    {"redis.password-file", "the key password_file of a collector of type redis"},
    {"redis.user", "the key user of a collector of type redis"},
};

bool Is(const PeerFlag& row, std::string_view name) {
  return row.name.ends_with('.') ? name.starts_with(row.name) : name == row.name;
}

}  // namespace

std::string PeerFlagHint(std::string_view flag) {
  const std::string_view name = flag.substr(std::min(flag.find_first_not_of('-'), flag.size()));
  const auto* const row =
      std::ranges::find_if(kFlags, [name](const PeerFlag& one) { return Is(one, name); });
  return row == std::end(kFlags) ? "" : "; here it is " + std::string(row->here);
}

}  // namespace exporter
