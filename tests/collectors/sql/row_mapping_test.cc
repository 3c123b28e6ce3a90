#include "collectors/sql/row_mapping.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace collectors {
namespace {

using exporter::ErrorKind;

SqlMetric Tokens() {
  SqlMetric metric;
  metric.name = "tokens";
  metric.value = "tokens";
  metric.labels = {"tenant"};
  return metric;
}

}  // namespace

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
    CAPTURE(text);
    CHECK(ParseSqlNumber(text) == number);
  }
  CHECK(std::isnan(ParseSqlNumber("NaN").value_or(0)));
}

TEST_CASE("columns are found by name and one too many is ignored") {
  const Rows rows{{"new", "tokens", "tenant"}, {{"x", "3", "a"}, {"y", "4", "b"}}};
  const MappedSamples mapped = MapRows(rows, Tokens());
  CHECK_FALSE(mapped.problem);
  REQUIRE(mapped.samples.size() == 2);
  CHECK(mapped.samples[1].value == 4);
  CHECK(mapped.samples[1].labels == exporter::Labels{{"tenant", "b"}});
}

TEST_CASE("a missing column costs its metric, by name") {
  for (const auto& columns : {std::vector<std::string>{"tokens"}, {"tenant"}, {}}) {
    const MappedSamples mapped = MapRows({columns, {}}, Tokens());
    REQUIRE(mapped.problem);
    CHECK(mapped.problem->kind() == ErrorKind::kMissing);
    CHECK(mapped.problem->part() == "tokens");
    CHECK(mapped.samples.empty());
  }
}

TEST_CASE("a NULL value is no sample and no problem, a NULL label is empty") {
  const Rows rows{{"tenant", "tokens"}, {{"a", std::nullopt}, {std::nullopt, "2"}}};
  const MappedSamples mapped = MapRows(rows, Tokens());
  CHECK_FALSE(mapped.problem);
  REQUIRE(mapped.samples.size() == 1);
  CHECK(mapped.samples[0].labels == exporter::Labels{{"tenant", ""}});
  CHECK(mapped.nulls == std::vector<exporter::Labels>{{{"tenant", "a"}}});
}

TEST_CASE("a text that is no number costs its row and is not quoted") {
  const Rows rows{{"tenant", "tokens"}, {{"a", "s3cret"}, {"b", "2"}}};
  const MappedSamples mapped = MapRows(rows, Tokens());
  REQUIRE(mapped.samples.size() == 1);
  CHECK(mapped.samples[0].value == 2);
  REQUIRE(mapped.problem);
  CHECK(mapped.problem->kind() == ErrorKind::kQuery);
  CHECK(std::string(mapped.problem->what()).find("s3cret") == std::string::npos);
}

TEST_CASE("a factor and constant labels are on each sample") {
  SqlMetric metric = Tokens();
  metric.factor = 0.001;
  metric.constant_labels = {{"database", "shop"}};
  const MappedSamples mapped = MapRows({{"tenant", "tokens"}, {{"a", "1500"}}}, metric);
  REQUIRE(mapped.samples.size() == 1);
  CHECK(mapped.samples[0].value == doctest::Approx(1.5));
  CHECK(mapped.samples[0].labels == exporter::Labels{{"database", "shop"}, {"tenant", "a"}});
}

TEST_CASE("a label's bytes that are not UTF-8 are replaced, and the row stays") {
  CHECK(LabelValue("M\xfcller") == "M\xEF\xBF\xBDller");
  CHECK(LabelValue("M\xc3\xbcller") == "M\xc3\xbcller");
  CHECK(LabelValue(std::nullopt).empty());
}

TEST_CASE("rows that differ in NULL against an empty label alone are summed") {
  const Rows rows{{"tenant", "tokens"},
                  {{std::nullopt, "3"}, {"a", "1"}, {"", "4"}, {std::nullopt, std::nullopt}}};
  const MappedSamples mapped = MapRows(rows, Tokens());
  REQUIRE(mapped.samples.size() == 2);
  CHECK(mapped.samples[0].labels == exporter::Labels{{"tenant", "a"}});
  CHECK(mapped.samples[1].labels == exporter::Labels{{"tenant", ""}});
  CHECK(mapped.samples[1].value == 7);
}

}  // namespace collectors
