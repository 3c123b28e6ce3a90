#include "collectors/redis/server/info.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "collectors/redis/server/info_fields.h"
#include "collectors/redis/server/reply_part.h"
#include "exporter/forms/exposition.h"
#include "tests/support/taken.h"

namespace collectors {
namespace {

constexpr double kNow = 1'700'000'000;

std::string FileText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file.good(), path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Returns the page for the text of INFO.
std::string PageOf(const std::string& text, const InfoChoice& choice = {}) {
  exporter::FamilySet set;
  AddInfo(ParseInfo(text), kNow, choice, set);
  std::string page;
  for (const auto& timed : exporter::testing::TakenFrom(std::move(set))) {
    page += exporter::testing::Rendered(timed.family);
  }
  return page;
}

bool Has(const std::string& page, const std::string& line) {
  return ("\n" + page).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

// EXPORTER_REWRITE_GOLDEN=1 rewrites the pages: review the difference.
TEST_CASE("INFO of Redis 7.0 and of a 5.0 replica become these pages") {
  for (const std::string name : {"info-7.0.15", "info-5.0-replica"}) {
    CAPTURE(name);
    const std::string stem = "tests/data/redis/" + name;
    const std::string page = PageOf(FileText(stem + ".txt"));
    if (std::getenv("EXPORTER_REWRITE_GOLDEN") != nullptr) std::ofstream(stem + ".prom") << page;
    CHECK(page == FileText(stem + ".prom"));
  }
}

TEST_CASE("line ends of the wire and of a file read the same") {
  const std::string lf = FileText("tests/data/redis/info-5.0-replica.txt");
  std::string crlf;
  for (const char c : lf) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  CHECK(PageOf(crlf) == PageOf(lf));
}

TEST_CASE("the start is now less the uptime") {
  CHECK(Has(PageOf("uptime_in_seconds:100\n"), "redis_start_time_seconds 1699999900"));
}

TEST_CASE("now is told by the server's clock, or by ours where it has none") {
  const std::chrono::system_clock::time_point ours{std::chrono::milliseconds(1'700'000'000'900)};
  CHECK(FactsOf(ParseInfo("server_time_usec:1600000100900000\n"), ours).now == 1600000100);
  CHECK(FactsOf({}, ours).now == 1700000000);
}

TEST_CASE("the version is a number that can be compared") {
  const struct {
    const char* text;
    int version;
  } cases[] = {{"7.0.15", 70015}, {"6.2.14", 60214}, {"8.2", 80200}, {"255.255.255", 0},
               {"", 0},           {"x", 0},          {"7.x", 70000}};
  for (const auto& row : cases) {
    CAPTURE(row.text);
    const std::string text = std::string("redis_version:") + row.text + "\n";
    CHECK(FactsOf(ParseInfo(text), {}).version == row.version);
  }
}

TEST_CASE("a command's percentiles are a summary with its calls and its time") {
  const std::string stats = "cmdstat_get:calls=4,usec=10,usec_per_call=2.5\n";
  const std::string percentiles = "latency_percentiles_usec_get:p50=1.003,p99.9=4.015\n";
  const std::string page = PageOf(stats + percentiles);
  CHECK(Has(page, "redis_latency_percentiles_usec{cmd=\"get\",quantile=\"50\"} 1.003"));
  CHECK(Has(page, "redis_latency_percentiles_usec{cmd=\"get\",quantile=\"99.9\"} 4.015"));
  CHECK(Has(page, "redis_latency_percentiles_usec_sum{cmd=\"get\"} 10"));
  CHECK(Has(page, "redis_latency_percentiles_usec_count{cmd=\"get\"} 4"));
  CHECK(PageOf(percentiles).empty() == PageOf("").empty());
  CHECK(PageOf(stats + percentiles, {.commands = true, .latency_percentiles = false}) ==
        PageOf(stats));
  CHECK(PageOf(stats, {.commands = false, .latency_percentiles = true}) == PageOf(""));
}

TEST_CASE("a status and a unit become a plain number") {
  const std::string page =
      PageOf("rdb_last_bgsave_status:err\naof_last_write_status:ok\nlatest_fork_usec:2500000\n");
  CHECK(Has(page, "redis_rdb_last_bgsave_status 0"));
  CHECK(Has(page, "redis_aof_last_write_status 1"));
  CHECK(Has(page, "redis_latest_fork_seconds 2.5"));
}

TEST_CASE("a field that is wrong costs itself alone") {
  const char* const wrong[] = {
      "used_memory:",
      "used_memory:1.10M",
      "used_memory: 1",
      "used_memory:nan",
      "used_memory:inf",
      "used_memory:1e999",
      "used_memory:0x1",
      "used_memory",
      "used_memory\t:1",
      "Used_memory:1",
      "db0:",
      "db0:keys",
      "db0:keys=",
      "db0:keys=x,expires",
      "dbx:keys=1",
      "db:keys=1",
      "cmdstat_get:",
      "cmdstat_get:calls=,,",
      "errorstat_ERR:",
      "errorstat_ERR:count=",
      "slave0:",
      "slave0:ip=1,,,=,=",
      "slave:offset=1",
      ":",
      ":::::",
      "=",
      "#used_memory:1",
      "\r",
  };
  const std::string alone = PageOf("connected_clients:3\n");
  CHECK(Has(alone, "redis_connected_clients 3"));
  for (const char* const line : wrong) {
    CAPTURE(line);
    CHECK(PageOf(std::string(line) + "\nconnected_clients:3\n") == alone);
  }
}

TEST_CASE("a text with zeros, without an end or without a line is read to its end") {
  CHECK(Has(PageOf(std::string("a\0b:1\nhz:10", 11)), "redis_hz 10"));
  CHECK(ParseInfo("").empty());
  CHECK(ParseInfo(std::string(100000, '\n')).empty());
  CHECK(ParseInfo(std::string(100000, ':')).size() == 1);
}

TEST_CASE("a text above 1 MiB is refused before it is read") {
  const std::string most(std::size_t{1} << 20, '\n');
  CHECK(ParseInfo(most).empty());
  try {
    ParseInfo(most + "a:1\n");
    FAIL("read");
  } catch (const exporter::CollectError& error) {
    CHECK(Name(error.kind()) == "limit");
  }
}

TEST_CASE("what INFO has as 0 until it is known is absent until then") {
  const auto page_of = [](const std::string& state, const std::string& keys) {
    return PageOf("role:master\nslave0:ip=h,port=1,state=" + state +
                  ",offset=0,lag=0\ndb0:keys=2," + keys + "\n");
  };
  const std::string known = page_of("online", "expires=0,avg_ttl=0");
  CHECK(Has(known, R"(redis_connected_slave_lag_seconds{slave_ip="h",slave_port="1",)"
                   R"(slave_state="online"} 0)"));
  CHECK(Has(known, R"(redis_db_avg_ttl_seconds{db="db0"} 0)"));
  for (const char* state : {"wait_bgsave", "send_bulk", "bg_transfer"}) {
    const std::string unknown = page_of(state, "expires=1,avg_ttl=0");
    CHECK_FALSE(Has(unknown, "redis_connected_slave_lag_seconds"));
    CHECK_FALSE(Has(unknown, "redis_db_avg_ttl_seconds"));
    CHECK(Has(unknown, R"(redis_db_keys_expiring{db="db0"} 1)"));
  }
}

TEST_CASE("of a field given twice the first counts") {
  CHECK(Has(PageOf("hz:10\nhz:20\n"), "redis_hz 10"));
}

TEST_CASE("every row of the table has a metric, a help of its own, and a field but once") {
  std::set<std::string_view> fields;
  std::set<std::string_view> metrics;
  std::set<std::string_view> helps;
  std::vector<InfoField> rows(InfoFields().begin(), InfoFields().end());
  rows.insert(rows.end(), ModuleFields().begin(), ModuleFields().end());
  for (const InfoField& row : rows) {
    CAPTURE(row.field);
    CHECK(fields.insert(row.field).second);
    CHECK(metrics.insert(row.metric).second);
    CHECK(helps.insert(row.help).second);
    CHECK(row.metric.starts_with("redis_"));
    CHECK(row.help.ends_with('.'));
  }
}

}  // namespace collectors
