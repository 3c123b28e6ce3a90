#include "collectors/db_pool/db_pool_collector.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "collectors/clients/postgres/pgbouncer_console.h"
#include "collectors/clients/sql/sql_session.h"
#include "collectors/db_pool/bouncer_pool_collector.h"
#include "collectors/db_pool/pool_part.h"
#include "collectors/parts/sql_collector.h"

namespace collectors {
namespace {

using exporter::YamlReader;

constexpr std::int64_t kLargestPool = 100'000;
constexpr std::size_t kMostPools = 1000;

bool IsAddress(const std::string& text, int family) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return inet_pton(family, text.c_str(), address.data()) == 1;
}

// Returns true for an address, or a network such as 10.0.0.0/8.
bool IsNetwork(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string address = text.substr(0, slash);
  const bool is_v4 = IsAddress(address, AF_INET);
  if (!is_v4 && !IsAddress(address, AF_INET6)) return false;
  if (slash == std::string::npos) return true;
  int bits = -1;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, bits);
  return error == std::errc() && stop == end && bits >= 0 && bits <= (is_v4 ? 32 : 128);
}

std::optional<double> ReadLimit(YamlReader& reader, const std::string& key) {
  if (!reader.Has(key)) return std::nullopt;
  return static_cast<double>(reader.Integer(key, 0, 0, kLargestPool));
}

std::string ReadClientAddress(YamlReader& reader) {
  std::string address = reader.String("client_addr", "");
  if (!address.empty() && address != "self" && !IsNetwork(address)) {
    reader.Problem("client_addr",
                   "client_addr must be self, an address or a network as 10.0.0.0/8, not " +
                       exporter::Quoted(address));
  }
  return address;
}

// PostgreSQL refuses a LIKE pattern whose last backslash escapes nothing, and with it the statement
// that all pools share.
void RejectOpenEscape(YamlReader& reader, const std::string& key) {
  const std::string pattern = reader.String(key, "");
  const std::size_t last = pattern.find_last_not_of('\\');
  const std::size_t backslashes = pattern.size() - (last == std::string::npos ? 0 : last + 1);
  if (backslashes % 2 == 1) {
    reader.Problem(key, fmt::format("{} must not end with a backslash, which escapes nothing "
                                    "there; write two for a backslash",
                                    key));
  }
}

// The source of the pools' state.
enum class Source { kSessions, kPgBouncer };

// Refuses the keys that apply only to pools seen in a server's sessions.
void RejectSessionKeys(YamlReader& reader) {
  for (const char* key : {"application_name", "client_addr", "size", "max_overflow"}) {
    if (!reader.Has(key)) continue;
    reader.Problem(key, fmt::format("{} is for pools seen from PostgreSQL; PgBouncer tells its "
                                    "pools apart by user and database, and knows their size",
                                    key));
  }
}

void RequireChoice(YamlReader& reader, Source source) {
  constexpr std::array<const char*, 4> kChoosing = {"user", "database", "application_name",
                                                    "client_addr"};
  if (std::ranges::any_of(kChoosing, [&](const char* key) { return reader.Has(key); })) return;
  reader.Problem("application_name",
                 source == Source::kPgBouncer
                     ? "a pool needs user or database, which say which of PgBouncer's "
                       "pools are its"
                     : "a pool needs application_name, user, database or client_addr, "
                       "which say whose sessions are its");
}

Pool ReadPool(YamlReader& reader, Source source) {
  Pool pool;
  pool.name = reader.RequiredString("name");
  pool.user = reader.String("user", pool.user);
  pool.database = reader.String("database", pool.database);
  if (source == Source::kPgBouncer) {
    RejectSessionKeys(reader);
  } else {
    pool.application_name = reader.String("application_name", pool.application_name);
    pool.client_addr = ReadClientAddress(reader);
    pool.size = ReadLimit(reader, "size");
    pool.max_overflow = ReadLimit(reader, "max_overflow");
  }
  RequireChoice(reader, source);
  for (const char* key : {"application_name", "user", "database"}) RejectOpenEscape(reader, key);
  reader.RejectUnknownKeys();
  return pool;
}

std::vector<Pool> ReadPools(YamlReader& options, Source source) {
  std::vector<Pool> pools;
  for (YamlReader& reader : options.List("pools")) {
    Pool pool = ReadPool(reader, source);
    if (std::ranges::find(pools, pool.name, &Pool::name) != pools.end()) {
      reader.Problem("name",
                     fmt::format("the pool {} is there twice", exporter::Quoted(pool.name)));
    }
    pools.push_back(std::move(pool));
  }
  if (pools.empty()) options.Problem("pools", "db_pool needs pools: a list of {name, ...}");
  if (pools.size() > kMostPools) {
    options.Problem("pools", fmt::format("at most {} pools", kMostPools));
  }
  return pools;
}

std::unique_ptr<exporter::Collector> MakeSessionPoolCollector(YamlReader& options,
                                                              const exporter::JobSettings& settings,
                                                              SqlTarget target,
                                                              std::vector<Pool> pools) {
  SqlSource source = ReadPostgresSource(options, settings, std::move(target));
  if (source.session == nullptr) return nullptr;
  SeriesRules rules;
  rules.stale_after = settings.stale_after;
  if (!settings.own_stale_after) rules.db_time = source.db_time;
  std::vector<std::unique_ptr<SqlPart>> parts;
  parts.push_back(std::make_unique<PoolPart>(std::move(pools), rules));
  return std::make_unique<SqlCollector>(std::move(source), std::move(parts), settings);
}

}  // namespace

std::unique_ptr<exporter::Collector> MakeDbPoolCollector(YamlReader& options,
                                                         const exporter::JobSettings& settings) {
  SqlTarget target = ReadSqlTarget(options, settings);
  const Source source = NamesConsole(target.dsn) ? Source::kPgBouncer : Source::kSessions;
  std::vector<Pool> pools = ReadPools(options, source);
  if (source == Source::kSessions) {
    return MakeSessionPoolCollector(options, settings, std::move(target), std::move(pools));
  }
  auto console = MakePgBouncerConsole(options, "dsn", std::move(target));
  if (console == nullptr) return nullptr;
  return std::make_unique<BouncerPoolCollector>(std::move(console), std::move(pools));
}

const exporter::CollectorType kDbPoolType = {
    .name = "db_pool",
    .summary =
        "An application's connection pools, seen from the sessions of its PostgreSQL, or from its "
        "PgBouncer.",
    .keys =
        R"(dsn       postgresql://user:password@host/database; dsn_file for a file that holds it;
          postgresql://stats@host:6432/pgbouncer, the console, for PgBouncer's own pools
keep_connected  false: a connection for each run, so that between runs none keeps the database
          from being dropped, renamed or copied (default true)
max_db_time  share of one core that the collector may take of the database (default 5%)
pools     list of {name, application_name, user, database, client_addr, size, max_overflow}
  name    the value of the label pool
  application_name, user, database  LIKE patterns that the pool's sessions match
  client_addr   self for sessions from this host only, or an address or network
  size          connections that the pool of one process keeps; summed over the matched processes,
                where each application_name at a client's address counts as one process
  max_overflow  connections that it may open beyond that, summed likewise
          PgBouncer's pools have name, user and database alone)",
    .metrics = R"(db_pool_size
db_pool_max_overflow
db_pool_checked_out
db_pool_idle
db_pool_idle_in_transaction
db_pool_lock_waiting
db_pool_oldest_transaction_seconds
of PgBouncer: db_pool_size, db_pool_checked_out, db_pool_idle, db_pool_waiting,
db_pool_max_wait_seconds)",
    .health = {},
    .make = MakeDbPoolCollector,
};

}  // namespace collectors
