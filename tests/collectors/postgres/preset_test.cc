#include "collectors/postgres/preset.h"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <stdexcept>

#include "collectors/parts/database_label.h"
#include "collectors/postgres/postgres_collector.h"
#include "collectors/postgres/postgres_preset.h"
#include "tests/support/capture.h"

namespace collectors {
namespace {

constexpr int kMajors[] = {130000, 140000, 150000, 160000, 170000, 180000};

std::vector<PresetPart> Preset() { return ReadPreset(kPostgresPreset, {}); }

// Returns for each metric of a version how many queries of that version show it.
std::map<std::string, int> MetricsOf(int version) {
  std::map<std::string, int> found;
  for (const PresetPart& part : Preset()) {
    for (const SqlQuery& query : part.queries) {
      if (!query.versions.Has(version)) continue;
      for (const QueryMetric& metric : query.metrics) {
        if (metric.versions.Has(version)) ++found[metric.metric.name];
      }
    }
  }
  return found;
}

}  // namespace

TEST_CASE("in each version a metric comes from one place") {
  for (const int version : kMajors) {
    CAPTURE(version);
    for (const auto& [name, queries] : MetricsOf(version)) {
      CAPTURE_BOUND(name);
      CHECK(queries == 1);
    }
  }
}

TEST_CASE("what a version shows the next ones show too, unless the fact is gone") {
  // Since 17, VACUUM counts the memory for dead rows in bytes.
  const std::set<std::pair<int, std::string>> gone = {
      {170000, "pg_stat_progress_vacuum_max_dead_tuples"}};
  for (std::size_t i = 1; i < std::size(kMajors); ++i) {
    CAPTURE(kMajors[i]);
    const auto now = MetricsOf(kMajors[i]);
    for (const auto& [name, queries] : MetricsOf(kMajors[i - 1])) {
      CAPTURE_BOUND(name);
      CHECK(now.contains(name) != gone.contains({kMajors[i], name}));
    }
  }
}

TEST_CASE("each part is documented with its default") {
  const std::string keys(kPostgresType.keys);
  const std::size_t ons = keys.find("(true)");
  REQUIRE(ons != std::string::npos);
  for (const PresetPart& part : Preset()) {
    CAPTURE(part.name);
    const std::size_t at = keys.find(part.by_default ? part.name : " " + part.name);
    REQUIRE(at != std::string::npos);
    CHECK((at < ons) == part.by_default);
  }
}

TEST_CASE("the label server goes from every metric") {
  for (PresetPart& part : Preset()) {
    DropServerLabel(part.queries);
    for (const SqlQuery& query : part.queries) {
      for (const QueryMetric& metric : query.metrics) {
        for (const std::string& label : metric.metric.labels) CHECK(label != "server");
      }
    }
  }
}

TEST_CASE("of several databases each series tells its own, and lives for three tours") {
  for (PresetPart& part : Preset()) {
    if (part.scope != PartScope::kDatabase) continue;
    SetDatabase(part.queries, "shop", std::chrono::minutes(5));
    for (const SqlQuery& query : part.queries) {
      CHECK(query.rules.stale_after == std::chrono::minutes(15));
      for (const QueryMetric& metric : query.metrics) {
        std::multiset<std::string> labels(metric.metric.labels.begin(), metric.metric.labels.end());
        for (const auto& [name, value] : metric.metric.constant_labels) labels.insert(name);
        CHECK(labels.count("datname") == 1);
      }
    }
  }
}

TEST_CASE("a preset that is wrong is a fault of ours") {
  CHECK_THROWS_AS(ReadPreset("parts: [{part: a, cost: c}]\nmore: 1", {}), std::logic_error);
  CHECK_THROWS_AS(ReadPreset("parts: [{part: a}]", {}), std::logic_error);
}

}  // namespace collectors
