#include "collectors/databases/database_rules.h"

#include <doctest/doctest.h>

#include "tests/support/capture.h"

namespace collectors {
namespace {

using Texts = std::vector<std::string>;

struct Read {
  std::optional<DatabaseRules> rules;
  std::string problems;
};

Read ReadFrom(const std::string& yaml, StatementsOf statements = StatementsOf::kPreset) {
  std::vector<exporter::ConfigProblem> problems;
  exporter::YamlReader reader(YAML::Load(yaml), problems);
  Read read{ReadDatabaseRules(reader, {}, statements), ""};
  for (const auto& problem : problems) read.problems += problem.message + "\n";
  return read;
}

}  // namespace

TEST_CASE("databases are chosen by patterns for the whole name") {
  struct Case {
    Texts include;
    Texts exclude;
    std::string name;
    bool matches;
  };
  const std::vector<Case> table = {
      {{}, {}, "shop", true},
      {{"shop"}, {}, "shop", true},
      {{"shop"}, {}, "shop2", false},
      {{"shop"}, {}, "workshop", false},
      {{"tenant_[0-9]+", "shop"}, {}, "tenant_17", true},
      {{}, {"test_.*"}, "test_1", false},
      {{}, {"test_.*"}, "latest_1", true},
      {{"tenant_.*"}, {".*_old"}, "tenant_1_old", false},
      {{"a.b"}, {}, "a\nb", false},
      {{".*"}, {}, "Quoted \"name\"", true},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    CHECK(NamePatterns(row.include, row.exclude).Match(row.name) == row.matches);
  }
}

TEST_CASE("a pattern that is none is refused") {
  CHECK_THROWS_WITH_AS(NamePatterns({"("}, {}), doctest::Contains("is no pattern"),
                       std::invalid_argument);
}

TEST_CASE("without the key there is no tour, and each of its keys has a default") {
  CHECK_FALSE(ReadFrom("{}").rules);
  const Read read = ReadFrom("databases: {exclude: [postgres]}");
  REQUIRE(read.rules);
  CHECK(read.rules->max == 20);
  CHECK(read.rules->interval == std::chrono::minutes(5));
  CHECK(read.problems.empty());
}

TEST_CASE("all databases are visited if nothing narrows them") {
  const Read read = ReadFrom("databases: {}");
  REQUIRE(read.rules);
  CHECK(read.rules->patterns.Match("any"));
}

TEST_CASE("what a database lacks may be skipped in the user's statements only") {
  const std::string yaml = "databases: {skip_missing: true}";
  CHECK(ReadFrom(yaml).problems.find("skip_missing") != std::string::npos);
  const Read read = ReadFrom(yaml, StatementsOf::kUser);
  REQUIRE(read.rules);
  CHECK(read.rules->skip_missing);
  CHECK(read.problems.empty());
  CHECK_FALSE(ReadFrom("databases: {}", StatementsOf::kUser).rules->skip_missing);
}

TEST_CASE("a wrong rule is refused with words that say which") {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"{include: ['(']}", "is no pattern"},
      {"{max: 0}", "max must be"},
      {"{interval: 1s}", "more often"},
      {"{includes: [a]}", "include"},
  };
  for (const auto& [yaml, says] : table) {
    CAPTURE_BOUND(yaml);
    CHECK(ReadFrom("databases: " + yaml).problems.find(says) != std::string::npos);
  }
}

}  // namespace collectors
