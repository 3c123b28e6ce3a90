#include "collectors/series/row_cells.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/capture.h"

namespace collectors {

TEST_CASE("numbers are read as PostgreSQL and SQLite write them") {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<std::pair<std::string, std::optional<double>>> table = {
      {"0", 0},
      {"-12.50", -12.5},
      {"1e3", 1000},
      {"9007199254740991", 9007199254740991.0},
      {"t", 1},
      {"f", 0},
      {"true", 1},
      {"false", 0},
      {" 7  ", 7},
      {"Infinity", infinity},
      {"-Infinity", -infinity},
      {"1e400", infinity},
      {"-1e-400", -0.0},
      {"", std::nullopt},
      {"12 apples", std::nullopt},
      {"00:01:00", std::nullopt},
      {"$1.00", std::nullopt},
      {"0x10", std::nullopt},
  };
  for (const auto& [text, number] : table) {
    CAPTURE_BOUND(text);
    CHECK(ParseSqlNumber(text) == number);
  }
  CHECK(std::isnan(ParseSqlNumber("NaN").value_or(0)));
}

TEST_CASE("a cell's number is what its column's type says") {
  struct Case {
    ColumnType type;
    std::string text;
    std::optional<double> number;
  };
  const std::vector<Case> table = {
      {ColumnType::kAny, "7", 7},
      {ColumnType::kBoolean, "t", 1},
      {ColumnType::kBoolean, "f", 0},
      {ColumnType::kTimestamp, "1970-01-01 02:00:00", 3600},
      {ColumnType::kTimestamp, "1970-01-01 02:00:00+00", 7200},
      {ColumnType::kTimestamp, "1970", std::nullopt},
      {ColumnType::kZoneTime, "1970-01-01 02:00:00", std::nullopt},
      {ColumnType::kInterval, "2 days", 172800},
      {ColumnType::kClock, "00:00:07", 7},
      {ColumnType::kZoneClock, "00:00:07+00", std::nullopt},
      {ColumnType::kMoney, "1.234", std::nullopt},
      {ColumnType::kArray, "{1}", std::nullopt},
      {ColumnType::kJson, "7.5", 7.5},
      {ColumnType::kJson, "{}", std::nullopt},
      {ColumnType::kBits, "101", std::nullopt},
      {ColumnType::kLogPosition, "0/10", std::nullopt},
  };
  for (const Case& one : table) {
    CAPTURE(one.text);
    const Rows rows{{"v"}, {{one.text}}, {one.type}, std::chrono::hours(1)};
    CHECK(NumberIn(rows, 0, one.text) == one.number);
    CHECK(NoNumber(rows, 0).starts_with("column v holds "));
  }
}

TEST_CASE("a boolean is true or false as a label, and a text t is t") {
  CHECK(LabelValue("t", ColumnType::kBoolean) == "true");
  CHECK(LabelValue("f", ColumnType::kBoolean) == "false");
  CHECK(LabelValue(std::nullopt, ColumnType::kBoolean).empty());
  CHECK(LabelValue("t") == "t");
}

TEST_CASE("a missing column is told with those that are there, and why a name may differ") {
  struct Case {
    std::string name;
    std::vector<std::string> columns;
    std::string says;
  };
  const std::string lower(63, 'a');
  const std::vector<Case> table = {
      {"total", {"n", "team"}, "the answer has no column total; it has n, team"},
      {"total", {}, "the answer has no column total; it has none"},
      {"totalSum",
       {"totalsum"},
       "the answer has no column totalSum; it has totalsum; PostgreSQL folds a name without quotes "
       "to lower case"},
      {lower + "b",
       {lower},
       "the answer has no column " + lower + "b; it has " + lower +
           "; PostgreSQL cuts a name at 63 bytes"},
  };
  for (const Case& one : table) {
    CAPTURE(one.name);
    try {
      NeedColumn({one.columns, {}}, one.name, {});
      FAIL("it is not there");
    } catch (const exporter::CollectError& error) {
      CHECK(error.kind() == exporter::ErrorKind::kMissing);
      CHECK(std::string(error.what()) == one.says);
    }
  }
  const Rows wide{std::vector<std::string>(1600, std::string(63, 'x')), {}};
  try {
    NeedColumn(wide, "y", {});
    FAIL("it is not there");
  } catch (const exporter::CollectError& error) {
    CHECK(std::string(error.what()).ends_with(" and 1580 more"));
  }
}

TEST_CASE("a label's bytes that are not UTF-8 are replaced, and the row stays") {
  CHECK(LabelValue("M\xfcller") == "M\xEF\xBF\xBDller");
  CHECK(LabelValue("M\xc3\xbcller") == "M\xc3\xbcller");
  CHECK(LabelValue(std::nullopt).empty());
  CHECK(LabelValue(std::string("a\0b\xff\0", 5)) ==
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD\xEF\xBF\xBD");
}

}  // namespace collectors
