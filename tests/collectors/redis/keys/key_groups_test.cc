#include "collectors/redis/keys/key_groups.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <utility>

#include "exporter/forms/exposition.h"
#include "tests/support/taken.h"

namespace collectors {
namespace {

std::string PageOf(const KeyGroupTally& tally, std::size_t max_groups, bool with_memory) {
  exporter::FamilySet families;
  tally.Write("db3", max_groups, with_memory, families);
  std::string page;
  for (const auto& timed : exporter::testing::TakenFrom(std::move(families))) {
    std::string text = exporter::testing::Rendered(timed.family);
    while (text.starts_with('#')) text.erase(0, text.find('\n') + 1);
    page += text;
  }
  return page;
}

}  // namespace

TEST_CASE("the first pattern found in a key names its group by its captures") {
  const KeyGrouping grouping({"^(session):", "^(cache):([a-z]+):", "(queue)"});
  const struct {
    std::string key;
    std::string group;
  } cases[] = {
      {"session:1", "session"}, {"cache:user:7", "cacheuser"},
      {"my:queue:x", "queue"},  {"cache:9:1", "unclassified"},
      {"", "unclassified"},     {std::string("queue\0\xff", 7), "queue"},
  };
  for (const auto& row : cases) CHECK(grouping.GroupOf(row.key) == row.group);
}

TEST_CASE("a pattern that names no group, or is none, is refused") {
  CHECK_THROWS_AS(KeyGrouping({"^session:"}), std::invalid_argument);
  CHECK_THROWS_AS(KeyGrouping({"^(session"}), std::invalid_argument);
}

TEST_CASE("the groups with the most memory are shown, the others together") {
  KeyGroupTally tally;
  tally.Add("small", 1);
  tally.Add("large", 100);
  tally.Add("many", 1);
  tally.Add("many", 1);
  CHECK(PageOf(tally, 2, true) ==
        "redis_key_group_count{db=\"db3\",key_group=\"large\"} 1\n"
        "redis_key_group_count{db=\"db3\",key_group=\"many\"} 2\n"
        "redis_key_group_count{db=\"db3\",key_group=\"overflow\"} 1\n"
        "redis_key_group_memory_usage_bytes{db=\"db3\",key_group=\"large\"} 100\n"
        "redis_key_group_memory_usage_bytes{db=\"db3\",key_group=\"many\"} 2\n"
        "redis_key_group_memory_usage_bytes{db=\"db3\",key_group=\"overflow\"} 1\n"
        "redis_number_of_distinct_key_groups{db=\"db3\"} 3\n");
}

TEST_CASE("without memory a group is its keys alone") {
  KeyGroupTally tally;
  tally.Add("a", 0);
  CHECK(PageOf(tally, 2, false) ==
        "redis_key_group_count{db=\"db3\",key_group=\"a\"} 1\n"
        "redis_number_of_distinct_key_groups{db=\"db3\"} 1\n");
}

TEST_CASE("groups beyond the bound of memory are overflow") {
  KeyGroupTally tally(1);
  tally.Add("a", 5);
  tally.Add("b", 7);
  tally.Add("c", 1);
  CHECK(PageOf(tally, 10, false) ==
        "redis_key_group_count{db=\"db3\",key_group=\"a\"} 1\n"
        "redis_key_group_count{db=\"db3\",key_group=\"overflow\"} 2\n"
        "redis_number_of_distinct_key_groups{db=\"db3\"} 1\n");
}

}  // namespace collectors
