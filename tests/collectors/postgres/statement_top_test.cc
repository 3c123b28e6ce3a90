#include "collectors/postgres/statement_top.h"

#include <doctest/doctest.h>

#include <map>

namespace collectors {
namespace {

// Seconds by the statement's queryid.
using Seconds = std::map<std::string, double>;

std::string Shown(StatementTop& top, const Seconds& seconds) {
  std::vector<StatementUse> known;
  for (const auto& [id, value] : seconds) {
    StatementUse use;
    use.key = {"10", "5", id};
    use.seconds = value;
    known.push_back(use);
  }
  std::string ids;
  for (const StatementUse& use : top.Update(known)) ids += use.key.query_id;
  return ids;
}

}  // namespace

TEST_CASE("free places go to the statements with the most seconds") {
  StatementTop top(2);
  CHECK(Shown(top, {}) == "");
  CHECK(Shown(top, {{"a", 1}}) == "a");
  CHECK(Shown(top, {{"a", 1}, {"b", 2}, {"c", 3}}) == "ac");
  CHECK(Shown(top, {{"c", 3}}) == "c");
  CHECK(Shown(top, {{"b", 2}, {"c", 3}, {"d", 2}}) == "bc");
}

TEST_CASE("a member stays while it is known, whatever the server's top is for a moment") {
  StatementTop top(2);
  CHECK(Shown(top, {{"a", 10}, {"b", 9}}) == "ab");
  for (int run = 0; run < 30; ++run) {
    // Ahead in every second run, but never clearly.
    const double c = run % 2 == 0 ? 9.8 : 8;
    CHECK(Shown(top, {{"a", 10}, {"b", 9}, {"c", c}}) == "ab");
  }
}

TEST_CASE("a statement takes a place after it was clearly above the least in three runs in a row") {
  struct Case {
    std::vector<double> challenger;  // Seconds, run by run; the cheapest member has 10.
    const char* shown;
  };
  const Case cases[] = {
      {{12, 12}, "ab"},
      {{12, 12, 12}, "ac"},
      {{11, 11, 11, 11}, "ab"},  // A tenth more is not clearly more.
      {{12, 12, 10, 12, 12}, "ab"},
      {{12, 12, 10, 12, 12, 12}, "ac"},
  };
  for (const Case& c : cases) {
    StatementTop top(2);
    std::string shown = Shown(top, {{"a", 100}, {"b", 10}});
    for (const double seconds : c.challenger) {
      shown = Shown(top, {{"a", 100}, {"b", 10}, {"c", seconds}});
    }
    CHECK(shown == c.shown);
  }
}

TEST_CASE("an evicted statement does not come straight back") {
  StatementTop top(1);
  Shown(top, {{"a", 10}});
  for (int run = 0; run < 3; ++run) Shown(top, {{"a", 10}, {"b", 12}});
  for (int run = 0; run < 10; ++run) CHECK(Shown(top, {{"a", 13}, {"b", 12}}) == "b");
}

TEST_CASE("each of several takes the place of another member") {
  StatementTop top(3);
  Shown(top, {{"a", 1}, {"b", 2}, {"c", 3}});
  std::string shown;
  for (int run = 0; run < 3; ++run) {
    shown = Shown(top, {{"a", 1}, {"b", 2}, {"c", 3}, {"x", 20}, {"y", 10}, {"z", 3.2}});
  }
  CHECK(shown == "cxy");
}

TEST_CASE("a top of many statements is bounded, and one of none is empty") {
  Seconds many;
  for (int i = 0; i < 5000; ++i) many[std::to_string(i)] = i;
  StatementTop top(20);
  Shown(top, many);
  CHECK(top.members().size() == 20);
  for (int i = 0; i < 5000; ++i) many[std::to_string(i)] = 5000 - i;
  for (int run = 0; run < 4; ++run) Shown(top, many);
  CHECK(top.members().size() == 20);
  CHECK(top.members().contains({"10", "5", "0"}));
  StatementTop none(0);
  CHECK(Shown(none, {{"a", 1}}) == "");
}

}  // namespace collectors
