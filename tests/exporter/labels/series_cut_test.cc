#include "exporter/labels/series_cut.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

namespace exporter {
namespace {

// A family with a sample for each of so many tables, from a first one on.
void AddTables(FamilySet& set, const std::string& name, int count, int first = 0) {
  auto& family = set.Gauge(name, "");
  for (int i = first; i < first + count; ++i) family.Add({{"table", std::to_string(i)}}, i);
}

std::map<std::string, std::vector<std::string>> TablesOf(const std::vector<TimedFamily>& families) {
  std::map<std::string, std::vector<std::string>> tables;
  std::vector<LabelView> labels;
  for (const TimedFamily& timed : families) {
    auto& of_family = tables[timed.family.name()];
    for (std::size_t i = 0; i < timed.family.size(); ++i) {
      timed.family.LabelsAt(i, labels);
      of_family.emplace_back(labels.empty() ? "" : labels.front().value);
    }
  }
  return tables;
}

std::size_t Lines(const std::vector<TimedFamily>& families) {
  std::size_t lines = 0;
  for (const TimedFamily& timed : families) lines += timed.family.lines();
  return lines;
}

}  // namespace

TEST_CASE("what fits is not touched") {
  FamilySet set;
  AddTables(set, "rows", 10);
  auto families = std::move(set).Take();
  CHECK(CutToMost(families, 10).empty());
  CHECK(Lines(families) == 10);
}

TEST_CASE("small families stay whole beside thirty of 700 tables, wherever they stand") {
  FamilySet set;
  for (int i = 0; i < 30; ++i) AddTables(set, "table_" + std::to_string(i), 700);
  for (int i = 0; i < 264; ++i) set.Gauge("pg_settings_" + std::to_string(i), "").Add(i);
  auto families = std::move(set).Take();
  const auto cut = CutToMost(families, 10000);
  CHECK(cut.families.size() == 30);
  CHECK(cut.wanted == 30 * 700 + 264);
  CHECK(Lines(families) <= 10000);
  CHECK(Lines(families) > 10000 - 30);
  const auto tables = TablesOf(families);
  CHECK(tables.size() == 30 + 264);
  for (int i = 0; i < 264; ++i) CHECK(tables.contains("pg_settings_" + std::to_string(i)));
  for (int i = 1; i < 30; ++i)
    CHECK(tables.at("table_" + std::to_string(i)) == tables.at("table_0"));
}

TEST_CASE("what is kept does not depend on the order in which a server names it") {
  for (const bool backwards : {false, true}) {
    FamilySet set;
    auto& family = set.Gauge("a", "");
    for (int i = 0; i < 9; ++i) family.Add({{"table", std::to_string(backwards ? 8 - i : i)}}, i);
    auto families = std::move(set).Take();
    CutToMost(families, 3);
    auto kept = TablesOf(families).at("a");
    std::sort(kept.begin(), kept.end());
    CHECK(kept == std::vector<std::string>{"0", "1", "2"});
  }
}

TEST_CASE("families of the same tables keep the same ones, in whatever order they name them") {
  FamilySet set;
  AddTables(set, "a", 6);
  auto& other = set.Gauge("b", "");
  for (int i = 5; i >= 0; --i) other.Add({{"table", std::to_string(i)}}, i);
  auto families = std::move(set).Take();
  CutToMost(families, 6);
  const auto tables = TablesOf(families);
  CHECK(tables.at("a") == std::vector<std::string>{"0", "1", "2"});
  CHECK(tables.at("b") == std::vector<std::string>{"2", "1", "0"});
}

TEST_CASE("families with other instances, or more lines for each, do not bind one another") {
  FamilySet set;
  AddTables(set, "a", 800);
  AddTables(set, "b", 800, 100000);
  auto& histogram = set.Open(FamilyType::kHistogram, "h", "");
  for (int i = 0; i < 800; ++i)
    histogram.Add({{"table", std::to_string(i)}}, HistogramValue{{{1, 1}}, 1, 1});
  auto families = std::move(set).Take();
  CutToMost(families, 1200);
  CHECK(TablesOf(families).at("a").size() == 400);
  CHECK(TablesOf(families).at("b").size() == 400);
  CHECK(TablesOf(families).at("h").size() == 100);
}

TEST_CASE("a histogram stays or goes whole") {
  FamilySet set;
  auto& family = set.Open(FamilyType::kHistogram, "h", "");
  for (const char* queue : {"a", "b", "c"})
    family.Add({{"queue", queue}}, HistogramValue{{{1, 1}}, 1, 1});  // Four lines each.
  auto families = std::move(set).Take();
  const auto cut = CutToMost(families, 11);
  CHECK(Lines(families) == 8);
  CHECK(NamesOf(cut) == "h 8 of 12");
}

TEST_CASE("of more families than series the first ones stay") {
  FamilySet set;
  for (const char* name : {"a", "b", "c"}) set.Gauge(name, "").Add(1);
  auto families = std::move(set).Take();
  CHECK(NamesOf(CutToMost(families, 2)) == "c 0 of 1");
  CHECK(TablesOf(families).size() == 2);
}

TEST_CASE("of many cut families those that lost most are named") {
  SeriesCut cut{{}, 70, 21};
  for (std::size_t i = 0; i < 7; ++i) cut.families.push_back({"f" + std::to_string(i), i, 10});
  CHECK(NamesOf(cut) == "f0 0 of 10, f1 1 of 10, f2 2 of 10, f3 3 of 10, f4 4 of 10 and 2 more");
  CHECK(Describe(cut).starts_with("70 series, and max_series is 21: set it to 70 or more, "));
}

}  // namespace exporter
