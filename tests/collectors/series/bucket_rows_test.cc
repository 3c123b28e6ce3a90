#include "collectors/series/bucket_rows.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "collectors/series/row_mapping.h"
#include "tests/collectors/series/histograms.h"

namespace collectors {
namespace {

using exporter::ErrorKind;
using exporter::Labels;
using Row = std::vector<std::optional<std::string>>;

constexpr std::nullopt_t kNull = std::nullopt;

SqlMetric Wait(bool cumulative = false) {
  SqlMetric metric;
  metric.name = "wait";
  metric.type = prometheus::MetricType::Histogram;
  metric.value = "n";
  metric.labels = {"queue"};
  metric.shape = RowBucket{"le", "sum", cumulative};
  return metric;
}

// Rows of (queue, le, n, sum).
MappedSamples Map(std::vector<Row> cells, const SqlMetric& metric) {
  return MapRows({{"queue", "le", "n", "sum"}, std::move(cells)}, metric);
}

// The series of queue a, from rows of (le, n, sum).
std::string Only(const std::vector<Row>& rows, const SqlMetric& metric) {
  std::vector<Row> cells;
  for (const Row& row : rows) cells.push_back({"a", row[0], row[1], row[2]});
  const MappedSamples mapped = Map(cells, metric);
  if (mapped.problem) {
    CHECK(mapped.problem->kind() == ErrorKind::kQuery);
    CHECK(mapped.problem->part() == "wait");
    CHECK(mapped.samples.empty());
    CHECK(mapped.nulls == std::vector<Labels>{{{"queue", "a"}}});
    return mapped.problem->what();
  }
  REQUIRE(mapped.samples.size() == 1);
  return Text(mapped.samples[0].histogram);
}

}  // namespace

TEST_CASE("counts of buckets are added up, those that are cumulative stay") {
  struct Case {
    std::vector<Row> rows;
    bool cumulative;
    std::string shown;
  };
  const std::vector<Case> table = {
      {{{"1", "3", "9.5"}, {"5", "4", "9.5"}, {kNull, "2", "9.5"}},
       false,
       "1:3 5:7 count 9 sum 9.5"},
      {{{"1", "3", "9.5"}, {"5", "4", "9.5"}, {kNull, "6", "9.5"}},
       true,
       "1:3 5:4 count 6 sum 9.5"},
      // In any order, with every spelling of infinity.
      {{{"+Inf", "2", kNull}, {"5", "4", kNull}, {"1", "3", "9"}}, false, "1:3 5:7 count 9 sum 9"},
      {{{"inf", "2", kNull}, {"-1", "3", "0"}}, false, "-1:3 count 5 sum 0"},
      {{{"Infinity", "2", "nan"}, {"1", "0", "NaN"}}, false, "1:0 count 2 sum nan"},
      // Without a bucket for infinity the others are the total.
      {{{"1", "3", "1"}, {"5", "4", "1"}}, false, "1:3 5:7 count 7 sum 1"},
      {{{"1", "3", "1"}, {"5", "4", "1"}}, true, "1:3 5:4 count 4 sum 1"},
      {{{kNull, "4", "1"}}, false, "count 4 sum 1"},
      // Without a sum it is unknown, except that nothing adds up to 0.
      {{{"1", "3", kNull}}, false, "1:3 count 3 sum nan"},
      {{{"1", "0", kNull}}, false, "1:0 count 0 sum 0"},
      {{{"1", "9007199254740992", "1e308"}},
       false,
       "1:9007199254740992 count 9007199254740992 sum 1e+308"},
  };
  for (const Case& one : table) {
    CHECK(Only(one.rows, Wait(one.cumulative)) == one.shown);
  }
}

TEST_CASE("a series that is no histogram is left out, with words that quote no cell") {
  struct Case {
    std::vector<Row> rows;
    bool cumulative;
    std::string says;
  };
  const std::vector<Case> table = {
      {{{"1", "3", kNull}, {"1.0", "4", kNull}}, false, "column le has a bound of a series twice"},
      {{{kNull, "3", kNull}, {"inf", "4", kNull}}, true, "column le has a bound of a series twice"},
      {{{"1", "3", kNull}, {"2", "2", kNull}},
       true,
       "cumulative counts fall from one bound to the next"},
      {{{"NaN", "3", kNull}}, false, "column le holds NaN or -Infinity"},
      {{{"-inf", "3", kNull}}, false, "column le holds NaN or -Infinity"},
      {{{"s3cret", "3", kNull}}, false, "column le holds a text that is no number"},
      {{{"", "3", kNull}}, false, "column le holds a text that is no number"},
      {{{"\xff", "3", kNull}}, false, "column le holds a text that is no number"},
      {{{"1", kNull, kNull}}, false, "column n is NULL"},
      {{{"1", "s3cret", kNull}}, false, "column n holds a text that is no number"},
      {{{"1", "-1", kNull}}, false, "column n holds no whole number from 0 to 2^53"},
      {{{"1", "0.5", kNull}}, false, "column n holds no whole number from 0 to 2^53"},
      {{{"1", "NaN", kNull}}, false, "column n holds no whole number from 0 to 2^53"},
      {{{"1", "inf", kNull}}, false, "column n holds no whole number from 0 to 2^53"},
      {{{"1", "1e308", kNull}}, false, "column n holds no whole number from 0 to 2^53"},
      {{{"1", "9007199254740992", kNull}, {"2", "1", kNull}, {"3", "1", kNull}},
       false,
       "more than 2^53 observations"},
      {{{"1", "3", "9"}, {"2", "2", "8"}},
       false,
       "column sum differs between the rows of a series"},
      {{{"1", "3", "s3cret"}}, false, "column sum holds a text that is no number"},
  };
  for (const Case& one : table) {
    CHECK(Only(one.rows, Wait(one.cumulative)) == "a histogram is left out: " + one.says);
  }
}

TEST_CASE("a bad series leaves the others whole") {
  const MappedSamples mapped = Map(
      {{"a\"\n", "1", "3", "2"}, {"b", "1", "-3", "2"}, {"b", "2", "3", "2"}, {"c", "1", "5", "4"}},
      Wait());
  REQUIRE(mapped.samples.size() == 2);
  CHECK(mapped.samples[0].labels == Labels{{"queue", "a\"\n"}});
  CHECK(Text(mapped.samples[0].histogram) == "1:3 count 3 sum 2");
  CHECK(Text(mapped.samples[1].histogram) == "1:5 count 5 sum 4");
  CHECK(mapped.nulls == std::vector<Labels>{{{"queue", "b"}}});
  CHECK(mapped.problem);
}

TEST_CASE("NULL and an empty label are one series, added up where their bounds are the same") {
  const MappedSamples same = Map({{kNull, "1", "3", "2"}, {"", "1", "5", "4"}}, Wait());
  REQUIRE(same.samples.size() == 1);
  CHECK(Text(same.samples[0].histogram) == "1:8 count 8 sum 6");
  const std::vector<std::vector<Row>> table = {
      {{kNull, "1", "3", "2"}, {"", "2", "5", "4"}},
      {{kNull, "1", "3", "2"}, {"", "1", "5", "4"}, {"", "2", "5", "4"}},
      {{kNull, "1", "-3", "2"}, {"", "1", "5", "4"}},
      {{kNull, "1", "3", "2"}, {"", "1", "-5", "4"}},
  };
  for (const auto& rows : table) {
    const MappedSamples other = Map(rows, Wait());
    CHECK(other.samples.empty());
    CHECK(other.nulls == std::vector<Labels>{{{"queue", ""}}});
    CHECK(other.problem);
  }
}

TEST_CASE("a factor is on the bounds and the sum, not on the counts") {
  SqlMetric metric = Wait();
  metric.factor = 0.5;
  CHECK(Only({{"1", "3", "9"}, {"4", "2", kNull}, {kNull, "1", kNull}}, metric) ==
        "0.5:3 2:5 count 6 sum 4.5");
}

TEST_CASE("a column of a histogram that is missing costs its metric") {
  for (const std::string missing : {"queue", "le", "n", "sum"}) {
    Rows rows{{"queue", "le", "n", "sum"}, {}};
    std::erase(rows.columns, missing);
    const MappedSamples mapped = MapRows(rows, Wait());
    REQUIRE(mapped.problem);
    CHECK(mapped.problem->kind() == ErrorKind::kMissing);
    CHECK(std::string(mapped.problem->what()).starts_with("the answer has no column " + missing));
  }
  SqlMetric metric = Wait();
  metric.shape = RowBucket{"le", "", false};
  CHECK_FALSE(MapRows({{"queue", "le", "n"}, {}}, metric).problem);
}

TEST_CASE("no rows are no histogram") { CHECK(Map({}, Wait()).samples.empty()); }

}  // namespace collectors
