#include <doctest/doctest.h>

#include "collectors/sql/counts/count_scan.h"
#include "tests/support/scripted_sql.h"

namespace collectors {

using std::chrono::seconds;

TEST_CASE("counts that run apart wait for the database's time between them, each in its turn") {
  std::vector<SqlCount> counts(3);
  for (const char* name : {"a", "b", "c"}) {
    SqlCount& count = counts[static_cast<std::size_t>(*name - 'a')];
    count.metric.name = name;
    count.table = "tasks";
    count.up_to = 10;  // So that each runs alone.
  }
  CountScan scan(std::move(counts), {});
  DbTime db_time(0.1, seconds(10));
  exporter::Watchdog watchdog;
  exporter::SteadyTime now = exporter::SteadyTime() + seconds(1000);
  ScriptedSql session([&](const SqlStatement&) {
    db_time.Spend(now, std::chrono::milliseconds(700));
    return Rows{{"exporter_count_0"}, {{"1"}}};
  });
  const exporter::CollectContext context{exporter::Deadline::After(seconds(60)), watchdog};
  const auto run = [&] {
    session.asked.clear();
    now += seconds(20);
    db_time.BeginRun(now);
    return scan.Refresh({session, context, now, &db_time});
  };
  // 1.4 s is more than 10 s pays for.
  CHECK(run() == PartResult::kDone);
  CHECK_MESSAGE(session.asked.size() == 3, "each is asked once, whatever it costs");
  now += seconds(10);
  CHECK(run() == PartResult::kPostponed);
  CHECK(session.asked.size() == 2);
  CHECK(scan.Problems().empty());
  CHECK(run() == PartResult::kPostponed);
  REQUIRE(session.asked.size() == 2);
}

}  // namespace collectors
