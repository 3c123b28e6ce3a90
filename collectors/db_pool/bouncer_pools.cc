#include "collectors/db_pool/bouncer_pools.h"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "collectors/clients/postgres/pgbouncer_console.h"
#include "collectors/db_pool/like.h"
#include "collectors/series/row_cells.h"
#include "collectors/series/shown_table.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::FamilySet;
using Cells = std::vector<std::optional<std::string>>;

struct Column {
  const char* name;
  bool needed = true;  // If false, a version may lack it; then it counts as 0.
};

struct Summed {
  const char* metric;
  std::span<const Column> columns;
  const char* help;
};

// Neither list has sv_active_cancel: such a connection carries a cancel request and never joins the
// pool.
constexpr Column kCheckedOut[] = {
    {"sv_active"}, {"sv_tested"}, {"sv_login"}, {"sv_being_canceled", false}};  // From 1.18 on.
constexpr Column kIdle[] = {{"sv_idle"}, {"sv_used"}};
constexpr Column kWaiting[] = {{"cl_waiting"}};
constexpr Summed kSummed[] = {
    {"db_pool_checked_out", kCheckedOut,
     "Connections of the pool that are not idle; of PgBouncer those that a client has, that are "
     "tested, reset or canceled, or that log in."},
    {"db_pool_idle", kIdle, "Connections of the pool that are idle."},
    {"db_pool_waiting", kWaiting, "Clients that wait for a connection of the pool."},
};
constexpr const char* kMaxWait = "db_pool_max_wait_seconds";
constexpr const char* kSize = "db_pool_size";

[[noreturn]] void FailForNumber(std::string_view column) {
  throw CollectError(ErrorKind::kProtocol, "SHOW POOLS: " + std::string(column) + " is no number");
}

double NumberIn(const Rows& rows, const Cells& cells, const Column& column) {
  const auto index = column.needed ? std::optional(NeededColumn(rows, column.name))
                                   : FindColumn(rows, column.name);
  if (!index) return 0;
  const auto value = cells[*index] ? ParseSqlNumber(*cells[*index]) : std::nullopt;
  if (!value) FailForNumber(column.name);
  return *value;
}

double MaxWait(const Rows& rows, const Cells& cells) {
  return NumberIn(rows, cells, {"maxwait"}) + NumberIn(rows, cells, {"maxwait_us", false}) / 1e6;
}

// Returns the pool_size of each row that has one, by the row's name.
std::map<std::string, double> SizesOf(const Rows& rows) {
  std::map<std::string, double> sizes;
  const std::size_t name = NeededColumn(rows, "name");
  const auto size = FindColumn(rows, "pool_size");
  if (!size) return sizes;
  for (const Cells& cells : rows.cells) {
    const auto value = cells[*size] ? ParseSqlNumber(*cells[*size]) : std::nullopt;
    if (value && *value >= 0) sizes.emplace(cells[name].value_or(""), *value);
  }
  return sizes;
}

// The number of connections that a pool of PgBouncer may have, by the rules of its
// pool_pool_size().
class Sizes {
 public:
  explicit Sizes(const BouncerAnswers& answers)
      : by_user_(SizesOf(answers.users)), by_database_(SizesOf(answers.databases)) {}

  // Returns nothing if PgBouncer does not report the size, or if it is 0: no limit, since 1.24.
  std::optional<double> Of(const std::string& database, const std::string& user) const {
    auto found = by_user_.find(user);
    if (found == by_user_.end()) {
      found = by_database_.find(database);
      if (found == by_database_.end()) return std::nullopt;
    }
    return found->second == 0 ? std::nullopt : std::optional(found->second);
  }

 private:
  std::map<std::string, double> by_user_;
  std::map<std::string, double> by_database_;
};

// One of PgBouncer's pools.
struct BouncerPool {
  std::string database;
  std::string user;
  const Cells* cells;
};

std::vector<BouncerPool> PoolsOf(const Rows& rows) {
  const std::size_t database = NeededColumn(rows, "database");
  const std::size_t user = NeededColumn(rows, "user");
  std::vector<BouncerPool> pools;
  for (const Cells& cells : rows.cells) {
    if (cells[database] == kConsoleDatabase) continue;
    pools.push_back({cells[database].value_or(""), cells[user].value_or(""), &cells});
  }
  return pools;
}

std::vector<BouncerPool> Matched(const std::vector<BouncerPool>& all, const Pool& wanted) {
  std::vector<BouncerPool> matched;
  std::ranges::copy_if(all, std::back_inserter(matched), [&](const BouncerPool& pool) {
    return IsLike(pool.database, wanted.database) && IsLike(pool.user, wanted.user);
  });
  return matched;
}

std::optional<double> SizeOf(const std::vector<BouncerPool>& pools, const Sizes& sizes) {
  double sum = 0;
  for (const BouncerPool& pool : pools) {
    const auto size = sizes.Of(pool.database, pool.user);
    if (!size) return std::nullopt;
    sum += *size;
  }
  return sum;
}

void AddPool(const Rows& rows, const std::vector<BouncerPool>& pools,
             const exporter::Labels& labels, FamilySet& families) {
  for (const Summed& summed : kSummed) {
    double sum = 0;
    for (const BouncerPool& pool : pools) {
      for (const Column& column : summed.columns) sum += NumberIn(rows, *pool.cells, column);
    }
    families.Gauge(summed.metric, summed.help).Add(labels, sum);
  }
  double longest = 0;
  for (const BouncerPool& pool : pools) longest = std::max(longest, MaxWait(rows, *pool.cells));
  families
      .Gauge(kMaxWait, "How long the longest waiting client of the pool has waited; 0 for none.")
      .Add(labels, longest);
}

}  // namespace

std::vector<const char*> BouncerPoolMetrics() {
  std::vector<const char*> names = {kSize, kMaxWait};
  for (const Summed& summed : kSummed) names.push_back(summed.metric);
  return names;
}

void AddBouncerPools(const BouncerAnswers& answers, const std::vector<Pool>& pools,
                     FamilySet& families) {
  const Sizes sizes(answers);
  const std::vector<BouncerPool> all = PoolsOf(answers.pools);
  for (const Pool& pool : pools) {
    const exporter::Labels labels = {{"pool", pool.name}};
    const std::vector<BouncerPool> matched = Matched(all, pool);
    AddPool(answers.pools, matched, labels, families);
    if (const auto size = SizeOf(matched, sizes)) {
      families.Gauge(kSize, "Connections that the pool may have, summed over PgBouncer's pools.")
          .Add(labels, *size);
    }
  }
}

}  // namespace collectors
