#include "collectors/redis/info.h"

#include <doctest/doctest.h>
#include <prometheus/text_serializer.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "collectors/redis/info_fields.h"

namespace collectors {
namespace {

constexpr std::chrono::system_clock::time_point kNow{std::chrono::seconds(1'700'000'000)};

std::string FileText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file.good(), path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The page that INFO's text becomes.
std::string PageOf(const std::string& text, int databases) {
  exporter::FamilySet set;
  AddInfo(ParseInfo(text), kNow, databases, set);
  std::vector<prometheus::MetricFamily> families;
  for (exporter::TimedFamily& timed : std::move(set).Take()) {
    families.push_back(std::move(timed.family));
  }
  return prometheus::TextSerializer().Serialize(families);
}

bool Has(const std::string& page, const std::string& line) {
  return ("\n" + page).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

// EXPORTER_REWRITE_GOLDEN=1 writes the page anew: review its difference.
TEST_CASE("INFO of Redis 7.0 and of a 5.0 replica become these pages") {
  struct Case {
    std::string name;
    int databases;
  };
  for (const Case& c : {Case{"info-7.0.15", 4}, Case{"info-5.0-replica", 0}}) {
    CAPTURE(c.name);
    const std::string stem = "tests/data/redis/" + c.name;
    const std::string page = PageOf(FileText(stem + ".txt"), c.databases);
    if (std::getenv("EXPORTER_REWRITE_GOLDEN") != nullptr) std::ofstream(stem + ".prom") << page;
    CHECK(page == FileText(stem + ".prom"));
  }
}

TEST_CASE("line ends of the wire and of a file read the same") {
  const std::string lf = FileText("tests/data/redis/info-5.0-replica.txt");
  std::string crlf;
  for (const char c : lf) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  CHECK(PageOf(crlf, 0) == PageOf(lf, 0));
}

TEST_CASE("the start is told by the server's clock, or by ours where it has none") {
  CHECK(Has(PageOf("server_time_usec:1600000100900000\nuptime_in_seconds:100\n", 0),
            "redis_start_time_seconds 1600000000"));
  CHECK(Has(PageOf("uptime_in_seconds:100\n", 0), "redis_start_time_seconds 1699999900"));
}

TEST_CASE("a status and a unit become a plain number") {
  const std::string page =
      PageOf("rdb_last_bgsave_status:err\naof_last_write_status:ok\nlatest_fork_usec:2500000\n", 0);
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
  const std::string alone = PageOf("connected_clients:3\n", 0);
  CHECK(Has(alone, "redis_connected_clients 3"));
  for (const char* const line : wrong) {
    CAPTURE(line);
    CHECK(PageOf(std::string(line) + "\nconnected_clients:3\n", 0) == alone);
  }
}

TEST_CASE("a text with zeros, without an end or without a line is read to its end") {
  CHECK(Has(PageOf(std::string("a\0b:1\nhz:10", 11), 0), "redis_hz 10"));
  CHECK(ParseInfo("").empty());
  CHECK(ParseInfo(std::string(100000, '\n')).empty());
  CHECK(ParseInfo(std::string(100000, ':')).size() == 1);
}

TEST_CASE("of a field given twice the first counts") {
  CHECK(Has(PageOf("hz:10\nhz:20\n", 0), "redis_hz 10"));
}

TEST_CASE("every row of the table has a metric, a help of its own, and a field but once") {
  std::set<std::string_view> fields;
  std::set<std::string_view> metrics;
  std::set<std::string_view> helps;
  for (const InfoField& row : InfoFields()) {
    CAPTURE(row.field);
    CHECK(fields.insert(row.field).second);
    CHECK(metrics.insert(row.metric).second);
    CHECK(helps.insert(row.help).second);
    CHECK(row.metric.starts_with("redis_"));
    CHECK(row.help.ends_with('.'));
  }
}

}  // namespace collectors
