#include "collectors/postgres/sessions.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>
#include <set>

#include "exporter/seam/utf8.h"
#include "tests/support/scripted_sql.h"
#include "tests/support/taken.h"

namespace collectors {
namespace {

using exporter::ErrorKind;
using Cells = std::vector<std::optional<std::string>>;
using Samples = std::vector<std::pair<std::string, double>>;

Cells Session(const std::string& application, const std::string& user, const std::string& state,
              int count) {
  return {"sessions", application, user, "10.0.0.1", state, std::nullopt, std::to_string(count)};
}

Cells Database(const std::string& what, const std::string& name, int count) {
  return {what, {}, {}, {}, {}, name, std::to_string(count)};
}

Cells Number(const std::string& what, const std::string& value) {
  return {what, {}, {}, {}, {}, {}, value};
}

// The result of a server with one blocked session, and more rows.
Rows Answer(std::vector<Cells> more = {}) {
  Rows rows{{},
            {Session("web", "shop", "idle", 3), Database("blocked", "shop", 1),
             Database("blocking", "shop", 1), Database("idle_in_transaction", "shop", 2),
             Database("idle_in_transaction", "admin", 0), Number("max", "100"),
             Number("reserved", "3"), Number("used", "97"), Number("used_ratio", "1"),
             Number("waiting", "1"), Number("untracked", "0"), Number("oldest_blocker", "61.5"),
             Number("longest_blocked", "60.25"), Number("oldest_idle", "7")}};
  for (Cells& cells : more) rows.cells.push_back(std::move(cells));
  return rows;
}

// Returns the families that are written, each with its samples.
std::map<std::string, Samples> Written(const SessionCounts& counts) {
  exporter::FamilySet families;
  WriteSessions(counts, {}, families);
  std::map<std::string, Samples> written;
  for (const auto& timed : exporter::testing::TakenFrom(std::move(families))) {
    exporter::FamilySet again;
    WriteSessions(counts, {}, again);
    written[timed.family.name] = SamplesOf(std::move(again), timed.family.name);
  }
  return written;
}

std::set<std::string> NamesOf(const SessionCounts& counts) {
  std::set<std::string> names;
  for (const auto& [name, samples] : Written(counts)) names.insert(name);
  return names;
}

const std::set<std::string> kAll = {"pg_sessions",
                                    "pg_sessions_blocked",
                                    "pg_sessions_blocking",
                                    "pg_sessions_oldest_blocker_age_seconds",
                                    "pg_sessions_longest_blocked_seconds",
                                    "pg_sessions_idle_in_transaction",
                                    "pg_sessions_oldest_idle_in_transaction_age_seconds",
                                    "pg_connections_max",
                                    "pg_connections_reserved",
                                    "pg_connections_used",
                                    "pg_connections_used_ratio"};

std::set<std::string> Without(std::set<std::string> names, const std::set<std::string>& fewer) {
  for (const std::string& name : fewer) names.erase(name);
  return names;
}

}  // namespace

TEST_CASE("each row is a series of its family") {
  const SessionCounts counts = MapSessions(Answer(), 50);
  CHECK(counts.unknown.empty());
  const std::map<std::string, Samples> expected = {
      {"pg_sessions", {{"web/shop/10.0.0.1/idle", 3}}},
      {"pg_sessions_blocked", {{"shop", 1}}},
      {"pg_sessions_blocking", {{"shop", 1}}},
      {"pg_sessions_oldest_blocker_age_seconds", {{"", 61.5}}},
      {"pg_sessions_longest_blocked_seconds", {{"", 60.25}}},
      {"pg_sessions_idle_in_transaction", {{"admin", 0}, {"shop", 2}}},
      {"pg_sessions_oldest_idle_in_transaction_age_seconds", {{"", 7}}},
      {"pg_connections_max", {{"", 100}}},
      {"pg_connections_reserved", {{"", 3}}},
      {"pg_connections_used", {{"", 97}}},
      {"pg_connections_used_ratio", {{"", 1}}},
  };
  CHECK(Written(counts) == expected);
}

TEST_CASE("what is not known has no series, and a reason instead of a zero") {
  struct Case {
    const char* name;
    std::vector<Cells> rows;
    ErrorKind kind;
    std::set<std::string> left_out;
  };
  const std::set<std::string> states = {"pg_sessions_blocked",
                                        "pg_sessions_blocking",
                                        "pg_sessions_oldest_blocker_age_seconds",
                                        "pg_sessions_longest_blocked_seconds",
                                        "pg_sessions_idle_in_transaction",
                                        "pg_sessions_oldest_idle_in_transaction_age_seconds"};
  std::set<std::string> states_and_types = states;
  states_and_types.insert({"pg_connections_used", "pg_connections_used_ratio"});
  const Case cases[] = {
      {"hidden",
       {{"hidden", {}, "plain", {}, {}, {}, "4"}},
       ErrorKind::kPermission,
       states_and_types},
      {"track_activities is off", {Number("untracked", "1")}, ErrorKind::kMissing, states},
      {"too many wait",
       {Number("waiting", "1001")},
       ErrorKind::kLimit,
       {"pg_sessions_blocking", "pg_sessions_oldest_blocker_age_seconds"}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Rows rows = Answer();
    // Of rows with the same name the first one counts.
    rows.cells.insert(rows.cells.begin(), c.rows.begin(), c.rows.end());
    const SessionCounts counts = MapSessions(rows, 50);
    CHECK(NamesOf(counts) == Without(kAll, c.left_out));
    REQUIRE(counts.unknown.size() == 1);
    CHECK(counts.unknown[0].kind == c.kind);
  }
}

TEST_CASE("the missing privilege is named with its remedy") {
  const SessionCounts counts = MapSessions(Answer({{"hidden", {}, "plain", {}, {}, {}, "4"}}), 50);
  REQUIRE(counts.unknown.size() == 1);
  CHECK(counts.unknown[0].why.find("GRANT pg_monitor TO plain") != std::string::npos);
}

TEST_CASE("a server without the start of a wait has no family of it") {
  Rows rows = Answer();
  std::erase_if(rows.cells, [](const Cells& cells) { return cells[0] == "longest_blocked"; });
  CHECK(NamesOf(MapSessions(rows, 50)) == Without(kAll, {"pg_sessions_longest_blocked_seconds"}));
  CHECK(SessionsStatement(130023).text.find("waitstart") == std::string::npos);
  CHECK(SessionsStatement(140000).text.find("waitstart") != std::string::npos);
}

TEST_CASE("groups beyond the limit are one under other, and the sum is right") {
  struct Case {
    std::vector<Cells> rows;
    Samples expected;
  };
  const Case cases[] = {
      {{}, {}},
      {{Session("a", "u", "idle", 1), Session("b", "u", "idle", 1)},
       {{"a/u/10.0.0.1/idle", 1}, {"b/u/10.0.0.1/idle", 1}}},
      // The largest stay; among equals the first by name.
      {{Session("c", "u", "idle", 1), Session("b", "u", "idle", 1), Session("a", "u", "idle", 5)},
       {{"a/u/10.0.0.1/idle", 5}, {"b/u/10.0.0.1/idle", 1}, {"other/other/other/other", 1}}},
      {{Session("d", "u", "idle", 9), Session("c", "u", "idle", 1), Session("b", "u", "idle", 2),
        Session("a", "u", "idle", 5)},
       {{"a/u/10.0.0.1/idle", 5}, {"d/u/10.0.0.1/idle", 9}, {"other/other/other/other", 3}}},
  };
  for (const Case& c : cases) {
    exporter::FamilySet families;
    WriteSessions(MapSessions({{}, c.rows}, 2), {}, families);
    CHECK(SamplesOf(std::move(families), "pg_sessions") == c.expected);
  }
}

TEST_CASE("an application that is called other is not a second series") {
  const exporter::Labels other = {{"a", "other"}};
  const auto top = TopSamples({{{{"a", "x"}}, 3}, {{{"a", "y"}}, 2}, {other, 4}}, 1);
  REQUIRE(top.size() == 1);
  CHECK(top[0].labels == other);
  CHECK(top[0].value == 9);
}

TEST_CASE("ten thousand applications with hostile names stay within the limit") {
  Rows rows;
  double sum = 0;
  for (int i = 0; i < 10000; ++i) {
    rows.cells.push_back(Session(fmt::format("app\"\n\\\xFF{}", i), "it's", "idle", 1 + i % 7));
    sum += 1 + i % 7;
  }
  // Names that become the same label value are one series.
  rows.cells.push_back(Session("same\xFE", "u", "idle", 500));
  rows.cells.push_back(Session("same\xFF", "u", "idle", 500));
  exporter::FamilySet families;
  WriteSessions(MapSessions(rows, 50), {}, families);
  const Samples samples = SamplesOf(std::move(families), "pg_sessions");
  CHECK(samples.size() == 51);
  std::set<std::string> names;
  double shown = 0;
  bool has_same = false;
  for (const auto& [labels, value] : samples) {
    CHECK(exporter::ValidUtf8Prefix(labels) == labels.size());
    names.insert(labels);
    shown += value;
    has_same = has_same || (labels == "same\xEF\xBF\xBD/u/10.0.0.1/idle" && value == 1000);
  }
  CHECK(names.size() == 51);
  CHECK(shown == sum + 1000);
  CHECK(has_same);
}

}  // namespace collectors
