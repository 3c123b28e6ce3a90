#include "collectors/sql/count_scan.h"

#include <doctest/doctest.h>

#include "tests/support/scripted_sql.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::SteadyTime;
using std::chrono::seconds;

const SteadyTime kStart = SteadyTime() + seconds(1000);

SqlCount Count(const std::string& name) {
  SqlCount count;
  count.metric.name = name;
  count.table = "tasks";
  return count;
}

// How many counts a statement asks for, and the answer of 1 to each.
std::size_t Asked(const SqlStatement& statement) {
  std::size_t count = 0;
  const std::string column = "AS exporter_count_";
  for (std::size_t at = 0; (at = statement.text.find(column, at)) != std::string::npos; ++at) {
    ++count;
  }
  return count;
}

Rows Ones(std::size_t counts) {
  Rows rows{{}, {{}}};
  for (std::size_t i = 0; i < counts; ++i) {
    rows.columns.push_back("exporter_count_" + std::to_string(i));
    rows.cells[0].push_back("1");
  }
  return rows;
}

struct Stage {
  exporter::Watchdog watchdog;
  CountScan scan{{Count("a"), Count("b"), Count("c")}, {}};
  std::vector<std::size_t> asked;  // How many counts each statement asked for.
  SteadyTime now = kStart;

  // One run; `fails(i, counts)` may throw for the i-th statement.
  PartResult Run(const std::function<void(std::size_t, std::size_t)>& fails) {
    asked.clear();
    ScriptedSql session([&](const SqlStatement& statement) {
      asked.push_back(Asked(statement));
      fails(asked.size() - 1, asked.back());
      return Ones(asked.back());
    });
    const exporter::CollectContext context{exporter::Deadline::After(seconds(60)), watchdog};
    now += seconds(10);
    return scan.Refresh({session, context, now});
  }
  std::string Shown() const {
    std::string names;
    exporter::FamilySet families;
    scan.Write(families, now);
    for (const auto& timed : std::move(families).Take()) names += timed.family.name;
    return names;
  }
};

using Sizes = std::vector<std::size_t>;

void Never(std::size_t /*statement*/, std::size_t /*counts*/) {}

}  // namespace

TEST_CASE("counts on one table share one statement") {
  Stage stage;
  CHECK(stage.Run(Never) == PartResult::kDone);
  CHECK(stage.asked == Sizes{3});
  CHECK(stage.Shown() == "abc");
  CHECK(stage.scan.Problems().empty());
}

TEST_CASE("where the shared statement fails each runs apart once, and the bad one stays apart") {
  Stage stage;
  stage.Run([](std::size_t i, std::size_t /*counts*/) {
    if (i == 0 || i == 2) throw CollectError(ErrorKind::kMissing, "no such column");
  });
  CHECK(stage.asked == Sizes{3, 1, 1, 1});
  CHECK(stage.Shown() == "ac");
  REQUIRE(stage.scan.Problems().size() == 1);
  CHECK(stage.scan.Problems()[0].kind() == ErrorKind::kMissing);
  CHECK(stage.scan.Problems()[0].part() == "b");
  stage.Run([](std::size_t /*i*/, std::size_t counts) {
    if (counts == 1) throw CollectError(ErrorKind::kMissing, "no such column");
  });
  CHECK(stage.asked == Sizes{2, 1});
  stage.Run(Never);
  stage.Run(Never);
  CHECK_MESSAGE(stage.asked == Sizes{3}, "once it works again it shares");
}

TEST_CASE("groups too many for one statement are asked apart from then on") {
  Stage stage;
  stage.Run([](std::size_t /*i*/, std::size_t counts) {
    if (counts > 1) throw CollectError(ErrorKind::kLimit, "too many rows");
  });
  CHECK(stage.asked == Sizes{3, 1, 1, 1});
  CHECK(stage.scan.Problems().empty());
  stage.Run(Never);
  CHECK(stage.asked == Sizes{1, 1, 1});
}

TEST_CASE("a shared statement that is slow is not asked apart, which would be slower") {
  Stage stage;
  const PartResult result = stage.Run([](std::size_t /*i*/, std::size_t /*counts*/) {
    throw CollectError(ErrorKind::kTimeout, "statement timeout");
  });
  CHECK(result == PartResult::kTimedOut);
  CHECK(stage.asked == Sizes{3});
  CHECK(stage.scan.Problems().size() == 3);
}

TEST_CASE("one slow count costs its own samples and not those of its table") {
  Stage stage;
  // b is the second statement both among three apart and after a shared one.
  const auto slow = [](std::size_t i, std::size_t counts) {
    const bool is_b = i == 1 && counts == 1;
    if (counts == 3 || is_b) throw CollectError(ErrorKind::kTimeout, "statement timeout");
  };
  stage.Run(slow);
  CHECK(stage.asked == Sizes{3});
  CHECK_MESSAGE(stage.Run(slow) == PartResult::kTimedOut,
                "each is asked apart to find the slow one");
  CHECK(stage.asked == Sizes{1, 1, 1});
  CHECK(stage.Shown() == "ac");
  REQUIRE(stage.scan.Problems().size() == 1);
  CHECK(stage.scan.Problems()[0].part() == "b");
  stage.Run(slow);
  INFO("the others share again");
  CHECK(stage.asked == Sizes{2, 1});
}

TEST_CASE("a table that was locked for a while is shared again") {
  Stage stage;
  const auto locked = [](std::size_t /*i*/, std::size_t /*counts*/) {
    throw CollectError(ErrorKind::kTimeout, "lock timeout");
  };
  stage.Run(locked);
  stage.Run(Never);
  CHECK(stage.asked == Sizes{1, 1, 1});
  stage.Run(Never);
  CHECK(stage.asked == Sizes{3});
  stage.Run(locked);
  stage.Run(locked);
  CHECK(stage.asked == Sizes{1, 1, 1});
  stage.Run(Never);
  stage.Run(Never);
  CHECK(stage.asked == Sizes{3});
}

TEST_CASE("counts that are quick alone and slow together are asked apart from then on") {
  Stage stage;
  const auto together = [](std::size_t /*i*/, std::size_t counts) {
    if (counts > 1) throw CollectError(ErrorKind::kTimeout, "statement timeout");
  };
  for (const Sizes& asked : {Sizes{3}, Sizes{1, 1, 1}, Sizes{3}, Sizes{1, 1, 1}, Sizes{1, 1, 1}}) {
    stage.Run(together);
    CHECK(stage.asked == asked);
  }
}

TEST_CASE("a target that fails ends the scan") {
  Stage stage;
  CHECK_THROWS_AS(stage.Run([](std::size_t /*i*/, std::size_t /*counts*/) {
    throw CollectError(ErrorKind::kConnect, "gone");
  }),
                  CollectError);
  CHECK(stage.asked == Sizes{3});
}

}  // namespace collectors
