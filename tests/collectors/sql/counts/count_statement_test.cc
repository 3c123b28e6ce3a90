#include "collectors/sql/counts/count_statement.h"

#include <doctest/doctest.h>

#include <stdexcept>

namespace collectors {
namespace {

using Groups = std::vector<std::pair<std::string, double>>;

SqlCount Count(std::vector<std::string> by, OnMissing on_missing = OnMissing::kDrop) {
  SqlCount count;
  count.metric.name = "tasks";
  count.metric.labels = std::move(by);
  count.table = "tasks";
  count.rules.on_missing = on_missing;
  return count;
}

Groups Rolled(const Rows& rows, const SqlCount& count, std::size_t index) {
  Groups groups;
  for (const Sample& sample : RollUp(rows, count, index).samples) {
    std::string labels;
    for (const auto& label : sample.labels) {
      labels += (&label == &sample.labels.front() ? "" : "/") + label.second;
    }
    groups.emplace_back(labels, sample.value);
  }
  return groups;
}

// Three counts of one table, grouped by the labels of all.
const Rows kShared{{"team", "state", "exporter_count_0", "exporter_count_1", "exporter_count_2"},
                   {{"a", "open", "2", "1", "0"},
                    {"a", "done", "3", "0", "0"},
                    {std::nullopt, "open", "1", "1", "0"},
                    {"", "open", "4", "0", "0"}}};

}  // namespace

TEST_CASE("groups of a shared scan are added up to each count's own") {
  CHECK(Rolled(kShared, Count({}), 0) == Groups{{"", 10}});
  CHECK(Rolled(kShared, Count({"state"}), 0) == Groups{{"done", 3}, {"open", 7}});
  CHECK(Rolled(kShared, Count({"team", "state"}), 0) ==
        Groups{{"/open", 5}, {"a/done", 3}, {"a/open", 2}});
}

TEST_CASE("NULL and '' are one group") {
  CHECK(Rolled(kShared, Count({"team"}), 0) == Groups{{"", 5}, {"a", 5}});
}

TEST_CASE("groups of zero are left out unless the count is to show them") {
  CHECK(Rolled(kShared, Count({"state"}), 1) == Groups{{"open", 2}});
  CHECK(Rolled(kShared, Count({"state"}, OnMissing::kZero), 1) == Groups{{"done", 0}, {"open", 2}});
}

TEST_CASE("a count without labels is always there, of an empty table too") {
  CHECK(Rolled(kShared, Count({}), 2) == Groups{{"", 0}});
  CHECK(Rolled({{"team", "exporter_count_0"}, {}}, Count({}), 0) == Groups{{"", 0}});
}

TEST_CASE("a table's name can be nothing but a name") {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"tasks", "\"tasks\""},
      {"app.tasks", "\"app\".\"tasks\""},
      {"\"we.ird\".tasks", "\"we.ird\".\"tasks\""},
      {"\"say \"\"hi\"\"\"", "\"say \"\"hi\"\"\""},
      {"tasks; DROP TABLE users", "\"tasks; DROP TABLE users\""},
      {"tasks --", "\"tasks --\""},
  };
  for (const auto& [name, quoted] : table) CHECK(QuotedTable(name) == quoted);
  for (const char* name : {"", ".", "a.", ".a", "a..b", "\"open", "\"\""}) {
    CAPTURE(name);
    CHECK_THROWS_AS(QuotedTable(name), std::invalid_argument);
  }
}

TEST_CASE("a condition stands in brackets on lines of its own, in every statement") {
  SqlCount all = Count({"team"});
  SqlCount some = Count({});
  some.where = "x -- open";
  SqlCount bounded = some;
  bounded.up_to = 500;
  CHECK(CountStatement({&some}) ==
        "SELECT count(*) AS exporter_count_0 FROM \"tasks\" WHERE (x -- open\n)");
  CHECK(CountStatement({&all, &some}) ==
        "SELECT \"team\" AS \"team\", count(*) AS exporter_count_0, count(*) FILTER (WHERE (x -- "
        "open\n)) AS exporter_count_1 FROM \"tasks\" GROUP BY 1");
  CHECK(CountStatement({&bounded}) ==
        "SELECT count(*) AS exporter_count_0 FROM (SELECT 1 FROM \"tasks\" WHERE (x -- open\n) "
        "LIMIT 500) AS bounded");
  CHECK(RowsStatement(some) == "SELECT 1 FROM \"tasks\" WHERE (x -- open\n)");
  CHECK(RowsStatement(all) == "SELECT 1 FROM \"tasks\"");
}

TEST_CASE("a hostile name is a name in every statement") {
  SqlCount count = Count({"x\"; DROP TABLE users; --"});
  count.table = "\"tasks\"\"; DROP TABLE users; --\"";
  CHECK(CountStatement({&count}) ==
        "SELECT \"x\"\"; DROP TABLE users; --\" AS \"x\"\"; DROP TABLE users; --\", count(*) AS "
        "exporter_count_0 FROM \"tasks\"\"; DROP TABLE users; --\" GROUP BY 1");
  CHECK(RowsStatement(count) == "SELECT 1 FROM \"tasks\"\"; DROP TABLE users; --\"");
}

TEST_CASE("an answer with other columns than were asked for is told") {
  const SqlCount by_team = Count({"team"});
  const SqlCount plain = Count({});
  const std::vector<const SqlCount*> counts = {&by_team, &plain};
  const std::vector<std::pair<std::vector<std::string>, bool>> table = {
      {{"team", "exporter_count_0", "exporter_count_1"}, true},
      {{"team", "exporter_count_0", "x", "exporter_count_1"}, false},
      {{"team", "exporter_count_0", "exporter_count_0"}, false},
      {{"exporter_count_0", "exporter_count_1"}, false},
      {{}, false},
  };
  for (const auto& [columns, answers] : table) CHECK(AnswersTo({columns, {}}, counts) == answers);
}

TEST_CASE("a table's name can be nothing but a name in MySQL either") {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"tasks", "`tasks`"},
      {"app.tasks", "`app`.`tasks`"},
      {"\"we.ird\".tasks", "`we.ird`.`tasks`"},
      {"tasks` WHERE 1; DROP TABLE users; --", "`tasks`` WHERE 1; DROP TABLE users; --`"},
  };
  for (const auto& [name, quoted] : table) CHECK(QuotedTable(name, SqlDialect::kMysql) == quoted);
}

}  // namespace collectors
