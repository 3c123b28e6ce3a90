#include "collectors/postgres/statement_query.h"

#include <doctest/doctest.h>

#include "tests/support/scripted_sql.h"
#include "tests/support/taken.h"

namespace collectors {

TEST_CASE("the extension's own version names the columns") {
  struct Case {
    const char* version;
    const char* time;
    const char* read;
  };
  const Case cases[] = {
      {"1.7", "sum(total_time)", "sum(blk_read_time)"},
      {"1.8", "sum(total_exec_time)", "sum(blk_read_time)"},
      {"1.10", "sum(total_exec_time)", "sum(blk_read_time)"},
      {"1.11", "sum(total_exec_time)", "sum(shared_blk_read_time)"},
      {"1.12", "sum(total_exec_time)", "sum(shared_blk_read_time)"},
      {"2.0", "sum(total_exec_time)", "sum(shared_blk_read_time)"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.version);
    const auto extension = MapExtension({{}, {{"public", c.version}}});
    REQUIRE(extension);
    const std::string text = KnownStatement(*extension, {}, {}).text;
    CHECK(text.find(c.time) != std::string::npos);
    CHECK(text.find(c.read) != std::string::npos);
  }
}

TEST_CASE("an extension that is not installed is absent") { CHECK_FALSE(MapExtension({})); }

TEST_CASE("names and members are parameters, quoted as elements of an array") {
  StatementChoice choice;
  choice.limit = 7;
  choice.exclude_databases = {"plain", "with \"quotes\", \\ and }", "NULL", ""};
  choice.exclude_users = {"'; DROP TABLE users --"};
  const SqlStatement statement =
      KnownStatement({"\"My Schema\"", 1, 10}, choice, {{"10", "5", "-77"}, {"11", "5", "8"}});
  CHECK(statement.text.find("\"My Schema\".pg_stat_statements(false)") != std::string::npos);
  CHECK(statement.text.find("DROP") == std::string::npos);
  CHECK(statement.parameters ==
        std::vector<std::string>{R"({"10","11"})", R"({"5","5"})", R"({"-77","8"})",
                                 R"({"plain","with \"quotes\", \\ and }","NULL",""})",
                                 R"({"'; DROP TABLE users --"})"});
  CHECK(statement.max_rows == 10);
  CHECK(KnownStatement({"public", 1, 10}, {}, {}).parameters == std::vector<std::string>(5, "{}"));
}

TEST_CASE("a row is a counter of each family, with the labels of postgres_exporter") {
  const KnownStatements known =
      MapKnown({{}, {{"10", "5", "-77", "sh\"op", "d\xFF", "3", "1.5", "30", "0.25", "0.125"}}});
  CHECK(known.blind_role.empty());
  const std::pair<const char*, double> cases[] = {
      {"pg_stat_statements_calls_total", 3},
      {"pg_stat_statements_seconds_total", 1.5},
      {"pg_stat_statements_rows_total", 30},
      {"pg_stat_statements_block_read_seconds_total", 0.25},
      {"pg_stat_statements_block_write_seconds_total", 0.125},
  };
  for (const auto& [name, value] : cases) {
    exporter::FamilySet families;
    WriteStatements(known.uses, {}, families);
    CHECK(SamplesOf(std::move(families), name) ==
          std::vector<std::pair<std::string, double>>{{"sh\"op/d\xEF\xBF\xBD/-77", value}});
  }
  exporter::FamilySet families;
  WriteStatements(known.uses, {}, families);
  const auto written = exporter::testing::TakenFrom(std::move(families));
  CHECK(written.size() == StatementFamilies().size());
  CHECK(written[0].family.type == prometheus::MetricType::Counter);
  CHECK(written[0].family.metric[0].label[2].name == "queryid");
}

TEST_CASE("a statement that is hidden from the role is told apart") {
  const KnownStatements known = MapKnown({{}, {{{}, {}, {}, "plain", {}, "5", {}, {}, {}, {}}}});
  CHECK(known.uses.empty());
  CHECK(known.blind_role == "plain");
}

}  // namespace collectors
