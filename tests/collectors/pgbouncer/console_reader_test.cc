#include "collectors/pgbouncer/console_reader.h"

#include <doctest/doctest.h>

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
using exporter::Reading;
using Samples = std::vector<std::pair<std::string, double>>;

std::vector<ConsoleShow> All() { return {ConsoleShows().begin(), ConsoleShows().end()}; }

Reading ReadVersion(const std::string& version) {
  return ReadConsole([&](std::string_view what) { return ConsoleRows(version, std::string(what)); },
                     All());
}

// Reads 1.18 with one SHOW that fails.
Reading ReadWithFailing(std::string_view failing, ErrorKind kind) {
  return ReadConsole(
      [&](std::string_view what) {
        if (what == failing) throw CollectError(kind, "as scripted");
        return ConsoleRows("1.18", std::string(what));
      },
      All());
}

Samples Of(const Reading& reading, const std::string& name) {
  return SamplesOf(reading.families, name);
}

struct Expected {
  std::string first_version;
  std::string metric;
  Samples samples;
};

const std::vector<std::string> kVersions = {"1.12", "1.18", "1.21", "1.24"};

const Expected kExpected[] = {
    {"1.12", "pgbouncer_databases", {{"", 2}}},
    {"1.12", "pgbouncer_used_clients", {{"", 5}}},
    {"1.12", "pgbouncer_in_flight_dns_queries", {{"", 0}}},
    {"1.12", "pgbouncer_config_max_client_connections", {{"", 100}}},
    {"1.12", "pgbouncer_config_max_user_connections", {{"", 0}}},
    {"1.12",
     "pgbouncer_databases_pool_size",
     {{"pgbouncer//6432/pgbouncer/pgbouncer/statement", 2}, {"shop/127.0.0.1/5432/shop//", 2}}},
    {"1.12",
     "pgbouncer_databases_reserve_pool",
     {{"pgbouncer//6432/pgbouncer/pgbouncer/statement", 0}, {"shop/127.0.0.1/5432/shop//", 1}}},
    {"1.24",
     "pgbouncer_databases_max_client_connections",
     {{"pgbouncer//6432/pgbouncer/pgbouncer/statement", 0}, {"shop/127.0.0.1/5432/shop//", 50}}},
    {"1.24",
     "pgbouncer_databases_current_client_connections",
     {{"pgbouncer//6432/pgbouncer/pgbouncer/statement", 1}, {"shop/127.0.0.1/5432/shop//", 4}}},
    {"1.12",
     "pgbouncer_pools_client_active_connections",
     {{"pgbouncer/pgbouncer", 1}, {"shop/shop", 3}}},
    {"1.12",
     "pgbouncer_pools_client_waiting_connections",
     {{"pgbouncer/pgbouncer", 0}, {"shop/shop", 1}}},
    {"1.12",
     "pgbouncer_pools_server_active_connections",
     {{"pgbouncer/pgbouncer", 0}, {"shop/shop", 2}}},
    {"1.12",
     "pgbouncer_pools_client_maxwait_seconds",
     {{"pgbouncer/pgbouncer", 0}, {"shop/shop", 1}}},
    {"1.18",
     "pgbouncer_pools_server_being_canceled_connections",
     {{"pgbouncer/pgbouncer", 0}, {"shop/shop", 0}}},
    {"1.12", "pgbouncer_stats_totals_queries_pooled_total", {{"pgbouncer", 35}, {"shop", 5}}},
    {"1.12",
     "pgbouncer_stats_totals_queries_duration_seconds_total",
     {{"pgbouncer", 0}, {"shop", 0.00905}}},
    {"1.12",
     "pgbouncer_stats_totals_client_wait_seconds_total",
     {{"pgbouncer", 0}, {"shop", 0.022072}}},
    {"1.12", "pgbouncer_stats_totals_sent_bytes_total", {{"pgbouncer", 0}, {"shop", 248}}},
    {"1.24", "pgbouncer_stats_totals_server_assignments_total", {{"pgbouncer", 0}, {"shop", 4}}},
    {"1.24", "pgbouncer_stats_totals_client_parses_total", {{"pgbouncer", 0}, {"shop", 5}}},
    {"1.24", "pgbouncer_stats_totals_server_parses_total", {{"pgbouncer", 0}, {"shop", 3}}},
    {"1.24", "pgbouncer_stats_totals_binds_total", {{"pgbouncer", 0}, {"shop", 40}}},
};

}  // namespace

TEST_CASE("each version's columns become the metrics that it tells, in their units") {
  for (const std::string& version : kVersions) {
    CAPTURE(version);
    const Reading reading = ReadVersion(version);
    CHECK(reading.problems.empty());
    for (const auto& [first_version, metric, samples] : kExpected) {
      CAPTURE_BOUND(metric);
      const Samples found = Of(reading, metric);
      const Samples expected = version < first_version ? Samples{} : samples;
      REQUIRE(found.size() == expected.size());
      for (std::size_t n = 0; n < found.size(); ++n) {
        CHECK(found[n].first == expected[n].first);
        CHECK(found[n].second == doctest::Approx(expected[n].second).epsilon(1e-12));
      }
    }
  }
}

TEST_CASE("the version is told as PgBouncer writes it") {
  CHECK(Of(ReadVersion("1.24"), "pgbouncer_version_info") == Samples{{"PgBouncer 1.24.1", 1}});
}

TEST_CASE("clients are counted by user, database, application_name and state") {
  CHECK(Of(ReadVersion("1.24"), "pgbouncer_client_connections") ==
        Samples{{"admin/pgbouncer/psql/active", 1},
                {"shop/shop/idle/active", 1},
                {"shop/shop/web/active", 2},
                {"shop/shop/worker/waiting", 1}});
}

TEST_CASE("before 1.18 clients are counted without an application_name") {
  CHECK(
      Of(ReadVersion("1.12"), "pgbouncer_client_connections") ==
      Samples{{"admin/pgbouncer//active", 1}, {"shop/shop//active", 3}, {"shop/shop//waiting", 1}});
}

TEST_CASE("a SHOW that is refused costs its own families alone") {
  const Reading reading = ReadWithFailing("CONFIG", ErrorKind::kPermission);
  REQUIRE(reading.problems.size() == 1);
  CHECK(reading.problems[0].kind() == ErrorKind::kPermission);
  CHECK(reading.problems[0].part() == "config");
  CHECK(Of(reading, "pgbouncer_config_max_client_connections").empty());
  CHECK(Of(reading, "pgbouncer_pools_server_active_connections").size() == 2);
  CHECK(Of(reading, "pgbouncer_client_connections").size() == 4);
}

TEST_CASE("after one that was not answered in time no other is asked, and what was found stays") {
  const Reading reading = ReadWithFailing("POOLS", ErrorKind::kTimeout);
  REQUIRE(reading.problems.size() == 3);
  const char* const parts[] = {"pools", "stats", "clients"};
  for (std::size_t n = 0; n < 3; ++n) {
    CHECK(reading.problems[n].kind() == ErrorKind::kTimeout);
    CHECK(reading.problems[n].part() == parts[n]);
  }
  CHECK(Of(reading, "pgbouncer_databases_pool_size").size() == 2);
  CHECK(Of(reading, "pgbouncer_client_connections").empty());
}

TEST_CASE("a console that fails, or does not answer the first, ends the run") {
  const std::pair<const char*, ErrorKind> kCases[] = {
      {"POOLS", ErrorKind::kConnect},      {"POOLS", ErrorKind::kAuth},
      {"POOLS", ErrorKind::kProtocol},     {"VERSION", ErrorKind::kTimeout},
      {"VERSION", ErrorKind::kPermission},
  };
  for (const auto& [what, kind] : kCases) {
    CAPTURE_BOUND(what);
    try {
      ReadWithFailing(what, kind);
      FAIL("it did not throw");
    } catch (const CollectError& error) {
      CHECK(error.kind() == kind);
    }
  }
}

TEST_CASE("an answer of another shape is a problem of its part, and nothing of it is shown") {
  const Reading reading = ReadConsole(
      [](std::string_view what) {
        Rows rows = ConsoleRows("1.18", std::string(what));
        if (what == "POOLS") rows.columns[1] = "role";
        return rows;
      },
      All());
  REQUIRE(reading.problems.size() == 1);
  CHECK(reading.problems[0].kind() == ErrorKind::kProtocol);
  CHECK(reading.problems[0].part() == "pools");
  CHECK(std::string(reading.problems[0].what()) == "SHOW POOLS: the answer has no column \"user\"");
  CHECK(Of(reading, "pgbouncer_pools_server_active_connections").empty());
}

}  // namespace collectors
