#include "collectors/series/named_rows.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "collectors/clients/sql/rows.h"
#include "collectors/series/row_mapping.h"

namespace collectors {
namespace {

using exporter::ErrorKind;
using exporter::Labels;
using Row = std::vector<std::optional<std::string>>;

SqlMetric App() {
  SqlMetric metric;
  metric.name = "app_*";
  metric.value = "v";
  metric.labels = {"host"};
  metric.constant_labels = {{"env", "test"}};
  metric.shape = NamedSample{"name", "app_", {"app_taken"}};
  return metric;
}

MappedSamples Map(std::vector<Row> cells, const SqlMetric& metric = App()) {
  return MapRows({{"name", "host", "v"}, std::move(cells)}, metric);
}

}  // namespace

TEST_CASE("a row names its metric behind the prefix") {
  const MappedSamples mapped = Map({{"users", "a", "3"}, {"2nd", "b", "4"}, {"", "c", "5"}});
  CHECK_FALSE(mapped.problem);
  REQUIRE(mapped.samples.size() == 3);
  CHECK(mapped.samples[0].labels ==
        Labels{{"__name__", "app_users"}, {"host", "a"}, {"env", "test"}});
  CHECK(mapped.samples[0].value == 3);
  CHECK(mapped.samples[1].labels[0].second == "app_2nd");
  CHECK(mapped.samples[2].labels[0].second == "app_");
}

TEST_CASE("a boolean names a metric as it is written as a label") {
  Rows rows = {{"name", "host", "v"}, {{"t", "a", "3"}, {"f", "a", "4"}}};
  rows.types = {ColumnType::kBoolean, ColumnType::kAny, ColumnType::kAny};
  const MappedSamples mapped = MapRows(rows, App());
  CHECK_FALSE(mapped.problem);
  REQUIRE(mapped.samples.size() == 2);
  CHECK(mapped.samples[0].labels[0].second == "app_true");
  CHECK(mapped.samples[1].labels[0].second == "app_false");
}

TEST_CASE("a row whose name cannot be is left out, and no name of the server's is quoted") {
  const std::vector<std::pair<std::optional<std::string>, std::string>> table = {
      {std::nullopt, "column name: a name is NULL"},
      {"s3 cret", "column name: a name makes no metric name"},
      {"s3\ncret", "column name: a name makes no metric name"},
      {"s3\"cret", "column name: a name makes no metric name"},
      {"s3\xff", "column name: a name makes no metric name"},
      {std::string("s3\0", 3), "column name: a name makes no metric name"},
      {std::string(197, 'x'), "column name: a name is longer than 200"},
      {"taken", "column name: a name is app_taken, which is another metric's"},
  };
  for (const auto& [name, says] : table) {
    const MappedSamples mapped = Map({{name, "a", "1"}, {"users", "a", "3"}});
    REQUIRE(mapped.problem);
    CHECK(mapped.problem->kind() == ErrorKind::kQuery);
    CHECK(mapped.problem->part() == "app_*");
    CHECK(mapped.problem->what() == says);
    REQUIRE(mapped.samples.size() == 1);
    CHECK(mapped.samples[0].value == 3);
  }
}

TEST_CASE("without a prefix a name is the row's, but none that the exporter keeps for itself") {
  SqlMetric metric = App();
  metric.shape = NamedSample{"name", "", {}};
  const MappedSamples mapped = Map({{"exporter_up", "a", "1"},
                                    {"process_x", "a", "1"},
                                    {"2nd", "a", "1"},
                                    {"", "a", "1"},
                                    {"users", "a", "3"}},
                                   metric);
  REQUIRE(mapped.problem);
  CHECK(mapped.problem->what() ==
        std::string("column name: a name begins as the exporter's own metrics do"));
  REQUIRE(mapped.samples.size() == 1);
  CHECK(mapped.samples[0].labels[0].second == "users");
}

TEST_CASE("a named row's value and labels are as any row's") {
  const MappedSamples mapped = Map({{"a", std::nullopt, "1"},
                                    {"b", "h", std::nullopt},
                                    {"c", "h", "s3cret"},
                                    {"d", "h", "NaN"}});
  REQUIRE(mapped.samples.size() == 2);
  CHECK(mapped.samples[0].labels[0].second == "app_a");
  CHECK(mapped.samples[0].value == 1);
  CHECK(mapped.samples[1].labels[0].second == "app_d");
  REQUIRE(mapped.nulls.size() == 2);
  CHECK(mapped.nulls[0] == Labels{{"__name__", "app_b"}, {"host", "h"}, {"env", "test"}});
  REQUIRE(mapped.problem);
  CHECK(mapped.problem->what() == std::string("column v holds a text that is no number"));
}

TEST_CASE("a column of the query cannot stand in for the name") {
  SqlMetric metric = App();
  metric.shape = NamedSample{"__name__", "app_", {}};
  const MappedSamples mapped = MapRows({{"__name__", "host", "v"}, {{"users", "a", "1"}}}, metric);
  REQUIRE(mapped.samples.size() == 1);
  CHECK(mapped.samples[0].labels[0] ==
        std::pair<std::string, std::string>("__name__", "app_users"));
}

TEST_CASE("more than a thousand names are none") {
  std::vector<Row> rows;
  for (int i = 0; i < 1000; ++i) rows.push_back({std::to_string(i), "a", "1"});
  rows.push_back({"0", "b", "1"});
  CHECK(Map(rows).samples.size() == 1001);
  rows.push_back({"one_more", "a", "1"});
  const MappedSamples mapped = Map(rows);
  REQUIRE(mapped.problem);
  CHECK(mapped.problem->kind() == ErrorKind::kLimit);
  CHECK(mapped.samples.empty());
}

TEST_CASE("a column that a named row needs and has not costs its metric") {
  for (const std::string missing : {"name", "host", "v"}) {
    Rows rows{{"name", "host", "v"}, {}};
    std::erase(rows.columns, missing);
    const MappedSamples mapped = MapRows(rows, App());
    REQUIRE(mapped.problem);
    CHECK(mapped.problem->kind() == ErrorKind::kMissing);
  }
}

}  // namespace collectors
