#include "collectors/postgres/process_idle_part.h"

#include <doctest/doctest.h>

#include "tests/support/part_run.h"
#include "tests/support/taken.h"

namespace collectors {
namespace {

std::vector<std::optional<std::string>> Row(const char* hidden, const char* application) {
  std::vector<std::optional<std::string>> cells = {hidden, "plain", application, "idle", "2", "9"};
  for (int i = 0; i < 9; ++i) cells.emplace_back("1");
  return cells;
}

}  // namespace

TEST_CASE("idle sessions are one statement, and hidden ones a permission with its remedy") {
  ProcessIdlePart part({});
  PartRun run(part, [](const SqlStatement&) {
    return Rows{{}, {Row("f", "web"), Row("t", "cron")}};
  });
  CHECK(run.Refresh() == PartResult::kDone);
  CHECK(run.asked().size() == 1);
  const auto families = exporter::testing::TakenFrom(run.Written());
  REQUIRE(families.size() == 1);
  CHECK(families[0].family.type == prometheus::MetricType::Histogram);
  REQUIRE(families[0].family.metric.size() == 1);
  CHECK(families[0].family.metric[0].label[0].value == "web");
  REQUIRE(part.Problems().size() == 1);
  CHECK(part.Problems()[0].kind() == exporter::ErrorKind::kPermission);
  CHECK(std::string(part.Problems()[0].what()).find("GRANT pg_monitor TO plain") !=
        std::string::npos);
}

}  // namespace collectors
