#include <doctest/doctest.h>

#include "collectors/databases/database_tour.h"
#include "tests/collectors/databases/tour_stage.h"

namespace collectors::touring {
namespace {

using exporter::ErrorKind;

const CollectError kNoTable(ErrorKind::kMissing, "no such table");

DatabaseRules Skipping(bool skips = true) { return {{{}, {}}, 20, kInterval, seconds(15), skips}; }

Parts OneQuery(const std::string& database) { return SizeOf(database, std::nullopt); }

}  // namespace

TEST_CASE("what a database lacks is a problem, unless it may be skipped and another has it") {
  for (const bool skips : {false, true}) {
    Stage stage(Skipping(skips), OneQuery);
    stage.server.broken = {{"a", kNoTable}, {"b", {ErrorKind::kPermission, "no"}}};
    stage.Run();
    CHECK(stage.Problems().size() == (skips ? 1 : 2));
    CHECK(stage.Shown("size") == Samples{{"own", 3}});
    stage.server.broken = {{"a", kNoTable}, {"b", kNoTable}, {"own", kNoTable}};
    stage.Run(kInterval);
    CHECK(stage.Problems().size() == 3);
  }
}

TEST_CASE("what a database lacks is told by statement, however many have one metric") {
  Stage stage(Skipping(), TwoCounts);
  stage.server.broken = {{"a", kNoTable}, {"b", kNoTable}};
  stage.Run();
  CHECK_MESSAGE(stage.Problems().empty(), "another one has it");
  CHECK(stage.Shown("size").size() == 2);
  stage.server.databases.erase("b");
  stage.Run(kInterval);
  CHECK(stage.Problems().empty());
  stage.server.broken.emplace("own", kNoTable);
  stage.Run(2 * kInterval);
  REQUIRE(stage.tour.Problems().size() == 4);
  CHECK(stage.tour.Problems()[0].part() == "size of new of a");
}

TEST_CASE("a database that did not answer is none that has what others lack, unless it once had") {
  const CollectError slow(ErrorKind::kTimeout, "slow");
  for (const bool had : {false, true}) {
    Stage stage(Skipping(), TwoCounts);
    if (had) stage.Run();
    stage.server.broken = {{"a", kNoTable}, {"b", kNoTable}, {"own", slow}};
    stage.Run(kInterval);
    CHECK(stage.Problems().size() == (had ? 2 : 6));
    stage.server.broken.find("own")->second = kNoTable;
    stage.Run(2 * kInterval);
    CHECK(stage.Problems().size() == 6);
  }
}

TEST_CASE("while databases are still to be asked nobody knows that all lack something") {
  for (const bool all_lack : {false, true}) {
    Stage stage(Skipping(), OneQuery);
    stage.server.slow = {"a"};
    stage.server.broken = {{"a", kNoTable}};
    if (all_lack) stage.server.broken = {{"a", kNoTable}, {"b", kNoTable}, {"own", kNoTable}};
    CHECK(stage.Run({}, milliseconds(100)) == PartResult::kPostponed);
    REQUIRE(stage.Problems().size() == 1);
    CHECK(stage.Problems()[0].starts_with("there was no time yet"));
    stage.Run(seconds(15));
    CHECK(stage.tour.Problems().size() == (all_lack ? 2 : 0));
    CHECK(stage.tour.Standing().size() == (all_lack ? 1 : 0));
  }
}

TEST_CASE("a column that all databases lack is told, and not one that another has") {
  for (const bool all_lack : {false, true}) {
    Stage stage(Skipping(), OneQuery);
    stage.server.other_column = {"a"};
    if (all_lack) stage.server.other_column = {"a", "b", "own"};
    stage.Run();
    CHECK(stage.Problems().size() == (all_lack ? 3 : 0));
  }
}

}  // namespace collectors::touring
