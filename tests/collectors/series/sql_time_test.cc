#include "collectors/series/sql_time.h"

#include <doctest/doctest.h>

#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace collectors {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Case {
  std::string text;
  std::optional<double> seconds;
};

}  // namespace

// Expected values are from extract(epoch FROM ...) of PostgreSQL 15.
TEST_CASE("a timestamp is read as PostgreSQL and MySQL write it") {
  struct TimestampCase {
    std::string text;
    std::optional<double> seconds;
    bool has_offset = false;
  };
  const std::vector<TimestampCase> table = {
      {"1970-01-01", 0},
      {"2026-11-30 12:00:00", 1796040000},
      {"2026-11-30 12:00:00.25", 1796040000.25},
      {"2026-11-30 12:00:00+00", 1796040000, true},
      {"2026-11-30 12:00:00+05:30", 1796020200, true},
      {"2026-11-30 12:00:00-03", 1796050800, true},
      {"1890-01-01 00:53:28+00:53:28", -2524521600, true},
      {"2024-02-29", 1709164800},
      {"0001-01-01 00:00:00", -62135596800},
      {"0044-03-15 BC", -63517824000},
      {"0001-12-31 23:59:59 BC", -62135596801},
      {"294276-12-31 23:59:59", 9224318015999},
      {"infinity", kInfinity},
      {"-infinity", -kInfinity},
      {"", std::nullopt},
      {"0000-00-00 00:00:00", std::nullopt},
      {"2026-02-29", std::nullopt},
      {"2026-13-01", std::nullopt},
      {"2026-11-31", std::nullopt},
      {"2026-11-30 12:60:00", std::nullopt},
      {"2026-11-30 12:00:00.", std::nullopt},
      {"2026-11-30 12:00:00 CET", std::nullopt},
      {"2026-11-30 12:00:00+", std::nullopt},
      {"2026-11-30x", std::nullopt},
      {"30.11.2026", std::nullopt},
      {"99999999999999999999-01-01", std::nullopt},
  };
  for (const auto& row : table) {
    CAPTURE(row.text);
    bool has_offset = false;
    CHECK(ParseSqlTimestamp(row.text, has_offset) == row.seconds);
    if (row.seconds) CHECK(has_offset == row.has_offset);
  }
}

TEST_CASE("an interval is read as PostgreSQL writes it by IntervalStyle postgres") {
  const std::vector<Case> table = {
      {"00:00:00", 0},
      {"00:01:30.5", 90.5},
      {"-00:00:01", -1},
      {"3 days", 259200},
      {"1 day", 86400},
      {"1 year 2 mons -3 days +04:05:06.7", 36497106.7},
      {"-1 years -2 mons", -36741600},
      {"1 mon 00:00:01", 2592001},
      {"123:00:00", 442800},
      {"infinity", kInfinity},
      {"", std::nullopt},
      {"1 fortnight", std::nullopt},
      {"1 day ", std::nullopt},
      {"P1D", std::nullopt},
      {"1 day 2", std::nullopt},
  };
  for (const auto& row : table) {
    CAPTURE(row.text);
    const auto found = ParseSqlInterval(row.text);
    REQUIRE(found.has_value() == row.seconds.has_value());
    if (row.seconds)
      CHECK((*found == *row.seconds || *found == doctest::Approx(*row.seconds).epsilon(1e-12)));
  }
}

TEST_CASE("a time of day is read as both write it, MySQL's beyond a day too") {
  const std::vector<Case> table = {
      {"00:00:00", 0},
      {"24:00:00", 86400},
      {"12:34:56.5", 45296.5},
      {"838:59:59", 3020399},
      {"-838:59:59", -3020399},
      {"12", std::nullopt},
      {"12:61:00", std::nullopt},
      {"12:00:00+01", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& row : table) {
    CAPTURE(row.text);
    CHECK(ParseSqlClock(row.text) == row.seconds);
  }
}

}  // namespace collectors
