#include "collectors/postgres/statements_part.h"

#include <doctest/doctest.h>

#include "tests/support/part_run.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;

// A server with the extension and these statements.
struct Server {
  bool installed = true;
  std::optional<ErrorKind> fails;
  std::vector<std::vector<std::optional<std::string>>> rows;
  std::string asked_for;  // The members' queryids.

  Rows operator()(const SqlStatement& statement) {
    if (statement.text == ExtensionStatement().text) {
      return installed ? Rows{{}, {{"public", "1.10"}}} : Rows{};
    }
    if (fails) throw CollectError(*fails, "no");
    asked_for = statement.parameters[2];
    return {{}, rows};
  }
};

std::vector<std::optional<std::string>> Row(const char* id, const char* seconds) {
  return {"10", "5", id, "shop", "db", "1", seconds, "1", "0", "0"};
}

}  // namespace

TEST_CASE("the extension is looked for once, and the members are asked for by name") {
  Server server;
  server.rows = {Row("1", "5"), Row("2", "6")};
  StatementsPart part({.answer = {}, .choice = {.limit = 2}});
  PartRun run(part, std::ref(server));
  CHECK(run.Refresh() == PartResult::kDone);
  CHECK(run.asked().size() == 2);
  CHECK(server.asked_for == "{}");
  server.rows.push_back(Row("3", "7"));
  CHECK(run.Refresh() == PartResult::kDone);
  CHECK(run.asked().size() == 3);
  CHECK(server.asked_for == R"({"1","2"})");
  CHECK(run.Samples("pg_stat_statements_seconds_total") ==
        std::vector<std::pair<std::string, double>>{{"shop/db/1", 5}, {"shop/db/2", 6}});
  CHECK(part.Problems().empty());
}

TEST_CASE("a database without the extension is a reason of the part alone, with what to do") {
  Server server;
  server.installed = false;
  StatementsPart part({});
  PartRun run(part, std::ref(server));
  CHECK(run.Refresh() == PartResult::kFailed);
  REQUIRE(part.Problems().size() == 1);
  CHECK(part.Problems()[0].kind() == ErrorKind::kMissing);
  CHECK(part.Problems()[0].part() == "stat_statements");
  CHECK(std::string(part.Problems()[0].what()).find("CREATE EXTENSION pg_stat_statements") !=
        std::string::npos);
  // It is found as soon as it is installed.
  server.installed = true;
  CHECK(run.Refresh() == PartResult::kDone);
  CHECK(part.Problems().empty());
}

TEST_CASE("after a failure the extension is looked for again: it may have moved") {
  Server server;
  server.rows = {Row("1", "5")};
  StatementsPart part({});
  PartRun run(part, std::ref(server));
  run.Refresh();
  server.fails = ErrorKind::kMissing;
  CHECK(run.Refresh() == PartResult::kFailed);
  server.fails.reset();
  const std::size_t before = run.asked().size();
  CHECK(run.Refresh() == PartResult::kDone);
  CHECK(run.asked().size() == before + 2);
  // The members survive the failure.
  CHECK(server.asked_for == R"({"1"})");
}

TEST_CASE("statements that are hidden from the role are a permission, the others are shown") {
  Server server;
  server.rows = {Row("1", "5"), {{}, {}, {}, "plain", {}, "3", {}, {}, {}, {}}};
  StatementsPart part({});
  PartRun run(part, std::ref(server));
  CHECK(run.Refresh() == PartResult::kDone);
  CHECK(run.Samples("pg_stat_statements_calls_total").size() == 1);
  REQUIRE(part.Problems().size() == 1);
  CHECK(part.Problems()[0].kind() == ErrorKind::kPermission);
}

}  // namespace collectors
