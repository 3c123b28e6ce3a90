#include "collectors/series/shown_table.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "tests/support/scripted_sql.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::Reading;
using Samples = std::vector<std::pair<std::string, double>>;

constexpr std::string_view kLabels[] = {"name", "host"};
constexpr ShownMetric kMetrics[] = {
    {"size", "a_size", "A size."},
    {"time", "a_time_seconds_total", "A time.", prometheus::MetricType::Counter, 1e-6},
};
constexpr ShownTable kTable = {kLabels, 1, kMetrics};
constexpr ShownList kList = {"key", "value", kMetrics};

}  // namespace

TEST_CASE("a table's columns are found by name, whatever their order and however many") {
  Reading reading;
  AddTable(kTable,
           {{"new", "time", "host", "name", "size"},
            {{"x", "1500000", "h1", "one", "7"}, {"y", "0", std::nullopt, "two", "-1"}}},
           reading);
  CHECK(reading.problems.empty());
  CHECK(SamplesOf(reading.families, "a_size") == Samples{{"one/h1", 7}, {"two/", -1}});
  CHECK(SamplesOf(std::move(reading.families), "a_time_seconds_total") ==
        Samples{{"one/h1", 1.5}, {"two/", 0}});
}

TEST_CASE("a missing column leaves out its metric, a missing label is empty") {
  Reading reading;
  AddTable(kTable, {{"name", "size"}, {{"one", "7"}}}, reading);
  CHECK(reading.problems.empty());
  CHECK(SamplesOf(reading.families, "a_time_seconds_total").empty());
  CHECK(SamplesOf(std::move(reading.families), "a_size") == Samples{{"one/", 7}});
}

TEST_CASE("NULL is no sample, and a text where a number belongs costs itself alone") {
  Reading reading;
  AddTable(kTable,
           {{"name", "size", "time"},
            {{"one", std::nullopt, "1"}, {"two", "many", "2"}, {"three", "3", "3"}}},
           reading);
  REQUIRE(reading.problems.size() == 1);
  CHECK(reading.problems[0].kind() == ErrorKind::kProtocol);
  CHECK(std::string(reading.problems[0].what()) == "size is no number");
  CHECK(SamplesOf(reading.families, "a_size") == Samples{{"three/", 3}});
  CHECK(SamplesOf(std::move(reading.families), "a_time_seconds_total").size() == 3);
}

TEST_CASE("an answer without what tells its rows apart has nothing to show") {
  Reading reading;
  try {
    AddTable(kTable, {{"host", "size"}, {{"h1", "7"}}}, reading);
    FAIL("it did not throw");
  } catch (const CollectError& error) {
    CHECK(error.kind() == ErrorKind::kProtocol);
  }
}

TEST_CASE("of a list the known rows are shown") {
  Reading reading;
  AddList(
      kList,
      {{"key", "value", "default"},
       {{"other", "5", "1"}, {"size", "7", "1"}, {"time", "soon", "1"}, {std::nullopt, "1", ""}}},
      reading);
  REQUIRE(reading.problems.size() == 1);
  CHECK(std::string(reading.problems[0].what()) == "time is no number");
  CHECK(SamplesOf(std::move(reading.families), "a_size") == Samples{{"", 7}});
}

}  // namespace collectors
