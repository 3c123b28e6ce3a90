#include "collectors/postgres/sessions_part.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/part_run.h"

namespace collectors {

TEST_CASE("who holds what is one statement, and a hidden session a permission") {
  SessionsPart part({});
  PartRun run(part, [](const SqlStatement&) {
    return Rows{{},
                {{"sessions", "web", "shop", "10.0.0.1", "hidden", {}, "3"},
                 {"blocked", {}, {}, {}, {}, "shop", "0"},
                 {"hidden", {}, "plain", {}, {}, {}, "3"}}};
  });
  CHECK(run.Refresh() == PartResult::kDone);
  CHECK(run.asked().size() == 1);
  CHECK(run.Samples("pg_sessions").size() == 1);
  CHECK(run.Samples("pg_sessions_blocked").empty());
  REQUIRE(part.Problems().size() == 1);
  CHECK(part.Problems()[0].kind() == exporter::ErrorKind::kPermission);
  CHECK(part.Problems()[0].part() == "sessions");
}

TEST_CASE("every family is claimed with the labels that it has") {
  const auto claims = SessionsPart({}).Claims();
  CHECK(claims.size() == 11);
  const auto sessions = std::ranges::find(claims, "pg_sessions", &exporter::SeriesId::name);
  REQUIRE(sessions != claims.end());
  CHECK(sessions->labels ==
        exporter::Labels{
            {"application_name", "*"}, {"usename", "*"}, {"client_addr", "*"}, {"state", "*"}});
}

}  // namespace collectors
