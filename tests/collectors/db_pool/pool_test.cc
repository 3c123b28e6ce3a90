#include "collectors/db_pool/pool.h"

#include <doctest/doctest.h>

namespace collectors {
namespace {

const std::vector<std::string> kColumns = {"pool", "hidden", "idle", "processes", "role"};

Rows TwoPools() {
  return {kColumns, {{"web", "0", "3", "2", "plain"}, {"worker", "4", "0", "0", "plain"}}};
}

std::vector<Pool> Pools() {
  std::vector<Pool> pools(2);
  pools[0].name = "web";
  pools[0].size = 20;
  pools[1].name = "worker";
  pools[1].size = 5;
  pools[1].max_overflow = 0;
  return pools;
}

}  // namespace

TEST_CASE("a size is summed over the processes, of which at least one is taken to run") {
  const auto sizes = SumOverProcesses(TwoPools(), Pools(), &Pool::size);
  REQUIRE(sizes.size() == 2);
  CHECK(sizes[0].value == 40);
  CHECK(sizes[1].value == 5);
}

TEST_CASE("a limit that is not configured has no sample, one of 0 has") {
  const auto overflows = SumOverProcesses(TwoPools(), Pools(), &Pool::max_overflow);
  REQUIRE(overflows.size() == 1);
  CHECK(overflows[0].labels == exporter::Labels{{"pool", "worker"}});
  CHECK(overflows[0].value == 0);
}

TEST_CASE("a pool with a hidden state is left out, and the missing privilege is named") {
  const Rows shown = WithoutHidden(TwoPools());
  REQUIRE(shown.cells.size() == 1);
  CHECK(shown.cells[0][0] == "web");
  const auto problem = HiddenProblem(TwoPools());
  REQUIRE(problem);
  CHECK(problem->kind() == exporter::ErrorKind::kPermission);
  const std::string text = problem->what();
  CHECK(text.find("GRANT pg_monitor TO plain") != std::string::npos);
  CHECK(text.find("worker") != std::string::npos);
  CHECK(text.find("web") == std::string::npos);
  CHECK_FALSE(HiddenProblem(shown));
}

TEST_CASE("patterns are parameters, never text of the statement") {
  std::vector<Pool> pools = Pools();
  pools[0].application_name = "'; DROP TABLE users --";
  const SqlStatement statement = PoolStatement(pools);
  CHECK(statement.text.find("DROP") == std::string::npos);
  CHECK(statement.parameters.size() == 10);
  CHECK(statement.parameters[1] == pools[0].application_name);
}

}  // namespace collectors
