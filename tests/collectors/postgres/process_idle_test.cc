#include "collectors/postgres/process_idle.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "exporter/seam/utf8.h"

namespace collectors {
namespace {

using Cells = std::vector<std::optional<std::string>>;

// A row of IdleStatement. All sessions except `young` are beyond the last bound.
Cells Row(const std::string& application, const std::string& state, int sessions, int sum = 0,
          int young = 0) {
  Cells cells = {
      "f", "exporter", application, state, std::to_string(sessions), std::to_string(sum)};
  for (int i = 0; i < 9; ++i) cells.emplace_back(std::to_string(young));
  return cells;
}

Cells Hidden(const std::string& application, int sessions) {
  Cells cells = Row(application, "", sessions);
  cells[0] = "t";
  cells[3] = std::nullopt;
  cells[5] = std::nullopt;
  return cells;
}

std::vector<std::string> Shown(const IdleGroups& found) {
  std::vector<std::string> shown;
  for (const IdleGroup& group : found.groups) {
    shown.push_back(fmt::format("{}/{} {} {}", group.application_name, group.state,
                                group.seconds.sample_count, group.seconds.sample_sum));
  }
  return shown;
}

}  // namespace

TEST_CASE("a row becomes a histogram with the bounds of postgres_exporter") {
  Cells cells = Row("web", "idle", 7, 400);
  for (std::size_t i = 0; i < 9; ++i) cells[6 + i] = std::to_string(i / 2);
  const IdleGroups found = MapIdle({{}, {cells}}, 100);
  REQUIRE(found.groups.size() == 1);
  CHECK(found.blind_role.empty());
  const auto& histogram = found.groups[0].seconds;
  CHECK(histogram.sample_count == 7);
  CHECK(histogram.sample_sum == 400);
  const double bounds[] = {1, 2, 5, 15, 30, 60, 90, 120, 300};
  REQUIRE(histogram.bucket.size() == 9);
  for (std::size_t i = 0; i < 9; ++i) {
    CHECK(histogram.bucket[i].upper_bound == bounds[i]);
    CHECK(histogram.bucket[i].cumulative_count == i / 2);
  }
}

TEST_CASE("an application with a session whose state is hidden has no group") {
  const IdleGroups found =
      MapIdle({{}, {Row("web", "idle", 3), Hidden("web", 2), Row("cron", "idle", 1, 5)}}, 100);
  CHECK(Shown(found) == std::vector<std::string>{"cron/idle 1 5"});
  CHECK(found.blind_role == "exporter");
}

TEST_CASE("groups beyond the limit are one a state, and no session is lost") {
  Rows rows;
  for (int i = 0; i < 10000; ++i) {
    rows.cells.push_back(
        Row(fmt::format("app-{:05}", i), i % 2 == 0 ? "idle" : "idle in transaction", 1, 10, 1));
  }
  rows.cells.push_back(Row("large", "idle", 50, 100));
  rows.cells.push_back(Row("other", "idle", 60, 7));
  const IdleGroups found = MapIdle(rows, 3);
  CHECK(Shown(found) == std::vector<std::string>{"app-00000/idle 1 10", "large/idle 50 100",
                                                 "other/idle 5059 49997",
                                                 "other/idle in transaction 5000 50000"});
  CHECK(found.groups[2].seconds.bucket[0].cumulative_count == 4999);
}

TEST_CASE("names that are one label value are one group") {
  const IdleGroups found = MapIdle(
      {{},
       {Row("a\xFF", "idle", 1, 1), Row("a\xFE", "idle", 2, 2), Row("quote\"\n\\", "idle", 3, 3)}},
      100);
  REQUIRE(found.groups.size() == 2);
  for (const IdleGroup& group : found.groups) {
    CHECK(exporter::ValidUtf8Prefix(group.application_name) == group.application_name.size());
    CHECK(group.seconds.sample_count == 3);
  }
}

}  // namespace collectors
