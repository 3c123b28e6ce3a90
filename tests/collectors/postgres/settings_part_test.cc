#include "collectors/postgres/settings_part.h"

#include <doctest/doctest.h>

#include "tests/support/part_run.h"

namespace collectors {
namespace {

Rows Answer(const SqlStatement& /*statement*/) {
  return {{}, {{"fsync", "on", "", "bool"}, {"", "PostgreSQL 15.18 on x86_64", "", "version"}}};
}

}  // namespace

TEST_CASE("settings and version are one statement, with the server's name where it is wanted") {
  for (const bool server : {true, false}) {
    SettingsPart part({.answer = {}, .server_label = server});
    PartRun run(part, Answer);
    CHECK(run.Refresh() == PartResult::kDone);
    CHECK(run.asked().size() == 1);
    CHECK(run.Samples("pg_settings_fsync") ==
          std::vector<std::pair<std::string, double>>{{server ? "db.example:5432" : "", 1}});
    CHECK(part.Problems().empty());
    CHECK(part.Claims()[0].labels.size() == (server ? 1 : 0));
  }
}

}  // namespace collectors
