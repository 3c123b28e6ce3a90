#include "collectors/databases/database_link.h"

#include <doctest/doctest.h>

#include "tests/support/scripted_sql.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using std::chrono::milliseconds;
using std::chrono::minutes;

struct Stage {
  explicit Stage(milliseconds longest) : link(own, visit, database, longest) {
    own.other_database = [this](const std::string&) {
      ++opened;
      return std::make_unique<ScriptedSql>([this](const SqlStatement& statement) -> Rows {
        if (!statement.text.starts_with("SELECT oid")) return {{"v"}, {{"1"}}};
        return {{"oid", "datname"}, {{identity, "a"}}};
      });
    };
  }

  Rows Ask() { return link.Query(visit, {.text = "SELECT 1"}); }

  exporter::Watchdog watchdog;
  exporter::CollectContext visit{Deadline::After(minutes(1)), watchdog};
  ServerDatabase database{"a", "7"};
  std::string identity = "7";
  int opened = 0;
  ScriptedSql own{[](const SqlStatement&) -> Rows { throw std::logic_error("not the own one"); }};
  DatabaseLink link;
};

}  // namespace

TEST_CASE("a young connection serves all statements, an old one no other") {
  for (const auto& [longest, expected] :
       {std::pair{milliseconds(minutes(1)), 1}, std::pair{milliseconds(-1), 3}}) {
    Stage stage(longest);
    CHECK(stage.opened == 0);
    for (int i = 0; i < 3; ++i) CHECK(stage.Ask().cells.size() == 1);
    CHECK(stage.opened == expected);
    CHECK_NOTHROW(stage.link.Check());
  }
}

TEST_CASE("what keeps a connection from being opened is told as such, and not tried again") {
  Stage stage(milliseconds(-1));
  stage.Ask();
  stage.identity = "8";  // Somebody recreated it.
  for (int i = 0; i < 2; ++i) {
    CHECK_THROWS_AS(stage.Ask(), CollectError);
    CHECK_THROWS_AS(stage.link.Check(), CollectError);
  }
  CHECK(stage.opened == 2);
}

}  // namespace collectors
