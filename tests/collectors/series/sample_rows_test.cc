#include "collectors/series/sample_rows.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "collectors/series/row_mapping.h"

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

TEST_CASE("long texts of labels are bounded together, short ones are not") {
  const auto mapped = [](std::size_t rows, std::size_t bytes) {
    const Rows answer{{"tenant", "tokens"}, {rows, {std::string(bytes, 'x'), "1"}}};
    return MapRows(answer, Tokens());
  };
  CHECK_FALSE(mapped(40'000, 128).problem);
  CHECK_FALSE(mapped(4096, 1024).problem);
  const MappedSamples refused = mapped(4097, 1024);
  REQUIRE(refused.problem);
  CHECK(refused.problem->kind() == ErrorKind::kLimit);
  CHECK(refused.problem->part() == "tokens");
  CHECK(refused.samples.empty());
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

TEST_CASE("several columns of a row are samples with the columns' names as a label") {
  SqlMetric metric = Tokens();
  metric.value.clear();
  metric.factor = 2;
  metric.shape = ColumnSamples{{"read", "written"}, "operation"};
  const Rows rows{{"written", "tenant", "read"},
                  {{"1", "a", "2"},
                   {std::nullopt, "b", "3"},
                   {"x", "c", "4"},
                   {"NaN", "d", "Infinity"},
                   {"1", std::nullopt, "1"},
                   {"1", "", "1"}}};
  const MappedSamples mapped = MapRows(rows, metric);
  REQUIRE(mapped.samples.size() == 10);
  CHECK(mapped.samples[0].labels == exporter::Labels{{"operation", "read"}, {"tenant", "a"}});
  CHECK(mapped.samples[0].value == 4);
  CHECK(mapped.samples[4].value == 2);  // NULL and '' of read.
  CHECK(mapped.samples[5].labels == mapped.samples[4].labels);
  CHECK(mapped.samples[6].labels == exporter::Labels{{"operation", "written"}, {"tenant", "a"}});
  CHECK(mapped.samples[6].value == 2);
  CHECK(mapped.nulls == std::vector<exporter::Labels>{{{"operation", "written"}, {"tenant", "b"}},
                                                      {{"operation", "written"}, {"tenant", "c"}}});
  REQUIRE(mapped.problem);
  CHECK(mapped.problem->kind() == ErrorKind::kQuery);
  const MappedSamples missing = MapRows({{"read", "tenant"}, {{"1", "a"}}}, metric);
  REQUIRE(missing.problem);
  CHECK(missing.problem->kind() == ErrorKind::kMissing);
  CHECK(missing.samples.empty());
}

TEST_CASE("rows that differ in NULL against an empty label alone are never added up") {
  const Rows rows{{"tenant", "tokens"},
                  {{std::nullopt, "3"}, {"a", "1"}, {"", "4"}, {std::nullopt, std::nullopt}}};
  MappedSamples mapped = MapRows(rows, Tokens());
  CHECK_FALSE(mapped.problem);
  DropRepeated(mapped, "tokens");
  REQUIRE(mapped.samples.size() == 2);
  CHECK(mapped.samples[0].labels == exporter::Labels{{"tenant", ""}});
  CHECK(mapped.samples[0].value == 3);
  CHECK(mapped.samples[1].labels == exporter::Labels{{"tenant", "a"}});
  REQUIRE(mapped.problem);
  CHECK(std::string(mapped.problem->what()).find("NULL and '' are one") != std::string::npos);
}

}  // namespace collectors
