#include "collectors/sql/row_cells.h"

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

TEST_CASE("a label's bytes that are not UTF-8 are replaced, and the row stays") {
  CHECK(LabelValue("M\xfcller") == "M\xEF\xBF\xBDller");
  CHECK(LabelValue("M\xc3\xbcller") == "M\xc3\xbcller");
  CHECK(LabelValue(std::nullopt).empty());
}

}  // namespace collectors
