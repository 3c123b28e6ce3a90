#include "collectors/db_pool/bouncer_pools.h"

#include <doctest/doctest.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/capture.h"
#include "tests/support/console_rows.h"
#include "tests/support/scripted_sql.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using Samples = std::vector<std::pair<std::string, double>>;

BouncerAnswers Captured(const std::string& version) {
  return {ConsoleRows(version, "POOLS"), ConsoleRows(version, "DATABASES"),
          ConsoleRows(version, "USERS")};
}

// Two databases and two users, each with a size.
BouncerAnswers Scripted() {
  return {{{"database", "user", "cl_waiting", "sv_active", "sv_active_cancel", "sv_being_canceled",
            "sv_idle", "sv_used", "sv_tested", "sv_login", "maxwait", "maxwait_us"},
           {{"shop", "web", "3", "5", "1", "1", "2", "4", "1", "1", "2", "500000"},
            {"shop", "worker", "0", "1", "0", "0", "0", "0", "0", "0", "0", "0"},
            {"audit", "web", "1", "0", "0", "0", "0", "0", "0", "1", "9", "250000"},
            {"pgbouncer", "pgbouncer", "8", "8", "8", "8", "8", "8", "8", "8", "8", "0"}}},
          {{"name", "pool_size"}, {{"shop", "20"}, {"audit", "5"}, {"pgbouncer", "2"}}},
          {{"name", "pool_size"}, {{"web", std::nullopt}, {"worker", "7"}}}};
}

Pool PoolOf(const std::string& name, const std::string& database, const std::string& user) {
  Pool pool;
  pool.name = name;
  pool.database = database;
  pool.user = user;
  return pool;
}

exporter::FamilySet FamiliesOf(const BouncerAnswers& answers, const std::vector<Pool>& pools) {
  exporter::FamilySet families;
  AddBouncerPools(answers, pools, families);
  return families;
}

}  // namespace

TEST_CASE("a pool is the sum of those that match it, and waits as long as the longest") {
  const auto families = FamiliesOf(Scripted(), {PoolOf("web", "%", "web"), PoolOf("all", "%", "%"),
                                                PoolOf("audit", "aud_t", "%")});
  CHECK(SamplesOf(families, "db_pool_checked_out") ==
        Samples{{"web", 5 + 1 + 1 + 1 + 1}, {"all", 10}, {"audit", 1}});
  CHECK(SamplesOf(families, "db_pool_idle") == Samples{{"web", 6}, {"all", 6}, {"audit", 0}});
  CHECK(SamplesOf(families, "db_pool_waiting") == Samples{{"web", 4}, {"all", 4}, {"audit", 1}});
  CHECK(SamplesOf(families, "db_pool_max_wait_seconds") ==
        Samples{{"web", 9.25}, {"all", 9.25}, {"audit", 9.25}});
}

TEST_CASE("a pool's size is its user's, else its database's") {
  const auto families =
      FamiliesOf(Scripted(), {PoolOf("web", "%", "web"), PoolOf("all", "%", "%")});
  CHECK(SamplesOf(families, "db_pool_size") == Samples{{"web", 20 + 5}, {"all", 20 + 5 + 7}});
}

TEST_CASE("a pool that nothing matches is shown as empty, the console matches nothing") {
  const auto families =
      FamiliesOf(Scripted(), {PoolOf("none", "no such", "%"), PoolOf("console", "pgbouncer", "%")});
  for (const char* metric : BouncerPoolMetrics()) {
    CAPTURE(metric);
    CHECK(SamplesOf(families, metric) == Samples{{"none", 0}, {"console", 0}});
  }
}

TEST_CASE("a size that is not told, or has no limit, is no sample, and the rest is there") {
  const std::optional<std::string> kNoSizes[] = {std::nullopt, "0"};
  for (const auto& size : kNoSizes) {
    BouncerAnswers answers = Scripted();
    answers.databases.cells[0][1] = size;
    const auto families =
        FamiliesOf(answers, {PoolOf("web", "%", "web"), PoolOf("audit", "audit", "%")});
    CHECK(SamplesOf(families, "db_pool_size") == Samples{{"audit", 5}});
    CHECK(SamplesOf(families, "db_pool_idle").size() == 2);
  }
}

TEST_CASE("a user without a limit has none from the database either") {
  BouncerAnswers answers = Scripted();
  answers.users.cells[0][1] = "0";
  const auto families =
      FamiliesOf(answers, {PoolOf("web", "%", "web"), PoolOf("worker", "%", "worker")});
  CHECK(SamplesOf(families, "db_pool_size") == Samples{{"worker", 7}});
}

TEST_CASE("each version tells what a pool needs") {
  const std::pair<const char*, double> kSizes[] = {
      {"1.12", 2}, {"1.18", 2}, {"1.21", 2}, {"1.24", 3}};
  for (const auto& [version, size] : kSizes) {
    CAPTURE_BOUND(version);
    const auto families = FamiliesOf(Captured(version), {PoolOf("shop", "shop", "%")});
    CHECK(SamplesOf(families, "db_pool_size") == Samples{{"shop", size}});
    CHECK(SamplesOf(families, "db_pool_checked_out") == Samples{{"shop", 2}});
    CHECK(SamplesOf(families, "db_pool_idle") == Samples{{"shop", 0}});
    CHECK(SamplesOf(families, "db_pool_waiting") == Samples{{"shop", 1}});
    CHECK(SamplesOf(families, "db_pool_max_wait_seconds").at(0).second ==
          doctest::Approx(1.142399));
  }
}

TEST_CASE("an answer that would make a sum wrong is none") {
  const auto broken = [](const std::function<void(BouncerAnswers&)>& breaks) {
    BouncerAnswers answers = Scripted();
    breaks(answers);
    try {
      FamiliesOf(answers, {PoolOf("all", "%", "%")});
      return std::string("it did not throw");
    } catch (const CollectError& error) {
      CHECK(error.kind() == ErrorKind::kProtocol);
      return std::string(error.what());
    }
  };
  CHECK(broken([](auto& answers) { answers.pools.cells[0][3] = "five"; }) ==
        "SHOW POOLS: sv_active is no number");
  CHECK(broken([](auto& answers) { answers.pools.cells[0][2] = std::nullopt; }) ==
        "SHOW POOLS: cl_waiting is no number");
  CHECK(broken([](auto& answers) { answers.pools.columns[6] = "idle"; }) ==
        "the answer has no column \"sv_idle\"");
  CHECK(broken([](auto& answers) { answers.databases.columns[0] = "database"; }) ==
        "the answer has no column \"name\"");
}

}  // namespace collectors
