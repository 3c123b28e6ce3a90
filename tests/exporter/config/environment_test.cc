#include "exporter/config/environment.h"

#include <doctest/doctest.h>

#include <map>

namespace exporter {
namespace {

std::optional<std::string> Variable(const std::string& name) {
  static const std::map<std::string, std::string> kVariables = {
      {"HOST", "db1"}, {"_9", "nine"}, {"EMPTY", ""}, {"NESTED", "${HOST}"}};
  const auto found = kVariables.find(name);
  if (found == kVariables.end()) return std::nullopt;
  return found->second;
}

}  // namespace

TEST_CASE("variables are replaced, everything else of a text stays") {
  struct Case {
    std::string_view text;
    std::string_view expected;
  };
  const std::vector<Case> cases = {
      {"", ""},
      {"plain", "plain"},
      {"${HOST}", "db1"},
      {"a${HOST}b${_9}c", "adb1bninec"},
      {"${EMPTY}", ""},
      {"${GONE:-there}", "there"},
      {"${GONE:-}", ""},
      {"${EMPTY:-there}", "there"},
      {"${HOST:-there}", "db1"},
      {"${GONE:-redis://h:1/0?a=:-b}", "redis://h:1/0?a=:-b"},
      {"${NESTED}", "${HOST}"},
      {"$${HOST}", "${HOST}"},
      {"$$${HOST}", "$${HOST}"},
      {"$$", "$$"},
      {"$HOST", "$HOST"},
      {"$1 and $", "$1 and $"},
      {"SELECT $$text$$", "SELECT $$text$$"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    std::vector<std::string> problems;
    CHECK(Substitute(c.text, Variable, problems) == c.expected);
    CHECK(problems.empty());
  }
}

TEST_CASE("each variable that is not set, and each ${ that is no reference, is a problem") {
  struct Case {
    std::string_view text;
    std::vector<std::string> said;  // A part of each problem.
  };
  const std::vector<Case> cases = {
      {"${GONE}", {"GONE is not set"}}, {"${GONE}:${LOST}", {"GONE is not set", "LOST is not set"}},
      {"${HOST", {"has no }"}},         {"${}", {"must begin"}},
      {"${1}", {"must begin"}},         {"${HOST-x}", {"must begin"}},
      {"${HO ST}", {"must begin"}},     {"${GONE:-${HOST}}", {"plain default"}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    std::vector<std::string> problems;
    CHECK_FALSE(Substitute(c.text, Variable, problems).has_value());
    REQUIRE(problems.size() == c.said.size());
    for (std::size_t i = 0; i < problems.size(); ++i) {
      CHECK(problems[i].find(c.said[i]) != std::string::npos);
    }
  }
}

TEST_CASE("a text that is one variable and nothing else names it") {
  for (const char* text : {"${HOST}", "${HOST:-}", "${HOST:-a:-b}"}) {
    CHECK(OnlyVariable(text) == "HOST");
  }
  for (const char* text :
       {"", "HOST", "${HOST", "$${HOST}", "a${HOST}", "${HOST}b", "${HOST}${PORT}", "$HOST}"}) {
    CAPTURE(std::string(text));
    CHECK(OnlyVariable(text).empty());
  }
}

TEST_CASE("a problem with a variable never shows a value") {
  std::vector<std::string> problems;
  Substitute("${HOST}${GONE}", Variable, problems);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].find("db1") == std::string::npos);
}

}  // namespace exporter
