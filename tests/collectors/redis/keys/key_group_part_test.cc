#include "collectors/redis/keys/key_group_part.h"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <utility>

#include "exporter/seam/watchdog.h"
#include "tests/support/scripted_store.h"
#include "tests/support/taken.h"

namespace collectors {
namespace {

using exporter::Reading;
using exporter::SteadyTime;
using testing::ScriptedStore;

// A part with one database over a store in memory.
struct Groups {
  explicit Groups(KeyGroupRules rules = {}, WalkLimits limits = {})
      : part(KeyGrouping({"^(session|cart):"}), std::move(rules)), walks(limits) {
    part.ListenTo(walks);
  }

  // Collects once. Returns the samples by "family last-label".
  std::map<std::string, double> Collect() {
    reading = {};
    const exporter::CollectContext context{exporter::Deadline::After(std::chrono::seconds(5)),
                                           watchdog};
    part.BeginStep(context, store);
    walks.Step(context, store, now, 0, reading);
    part.Write(reading);
    std::map<std::string, double> samples;
    for (const auto& timed : exporter::testing::TakenFrom(std::move(reading.families))) {
      for (const auto& metric : timed.family.metric) {
        const std::string label = metric.label.empty() ? "" : metric.label.back().value;
        samples[timed.family.name + " " + label] = metric.gauge.value;
      }
    }
    return samples;
  }

  exporter::Watchdog watchdog;
  ScriptedStore store;
  KeyGroupPart part;
  KeyWalks walks;
  SteadyTime now;
  Reading reading;
};

}  // namespace

TEST_CASE("the groups of a whole walk are shown until the next one is whole") {
  Groups groups;
  groups.store.keys() = {{"session:1", "a"}, {"session:22", "b"}, {"cart:1", "c"}, {"x", "d"}};
  auto samples = groups.Collect();
  CHECK(samples.at("redis_key_group_count session") == 2);
  CHECK(samples.at("redis_key_group_count cart") == 1);
  CHECK(samples.at("redis_key_group_count unclassified") == 1);
  CHECK(samples.at("redis_key_group_memory_usage_bytes session") == 19);
  CHECK(samples.at("redis_number_of_distinct_key_groups db0") == 3);
  CHECK(samples.count("redis_last_key_groups_scrape_duration_milliseconds ") == 1);
  groups.store.Forget();
  groups.store.keys().clear();
  CHECK(groups.Collect().at("redis_key_group_count session") == 2);
  CHECK(groups.store.Count() == 0);
  groups.now += std::chrono::hours(1);
  // A walk may take several collections on a busy machine.
  const auto deadline = exporter::Deadline::After(std::chrono::seconds(10));
  while (groups.Collect().contains("redis_key_group_count session")) REQUIRE(!deadline.Expired());
}

TEST_CASE("nothing is shown of a walk that is under way") {
  WalkLimits limits;
  limits.keys = 1000;
  Groups groups({}, limits);
  for (int i = 0; i < 1500; ++i) groups.store.keys()["cart:" + std::to_string(i)] = "1";
  CHECK(groups.Collect().count("redis_key_group_count cart") == 0);
  CHECK(groups.Collect().at("redis_key_group_count cart") == 1500);
}

TEST_CASE("sizes are asked only where they are wanted") {
  Groups groups({.databases = {0}, .memory = false});
  groups.store.keys() = {{"cart:1", "c"}};
  const auto samples = groups.Collect();
  CHECK(samples.at("redis_key_group_count cart") == 1);
  CHECK(samples.count("redis_key_group_memory_usage_bytes cart") == 0);
  CHECK(groups.store.Count("MEMORY") == 0);
}

TEST_CASE("where sizes are refused the counts stay, and the problem is told") {
  Groups groups;
  groups.store.keys() = {{"cart:1", "c"}};
  groups.store.refuse = [](const RedisCommand& words) -> std::optional<std::string> {
    if (words[0] == "MEMORY") return "NOPERM this user has no permissions";
    return std::nullopt;
  };
  const auto samples = groups.Collect();
  CHECK(samples.at("redis_key_group_count cart") == 1);
  CHECK(samples.count("redis_key_group_memory_usage_bytes cart") == 0);
  REQUIRE(groups.reading.problems.size() == 1);
  CHECK(groups.reading.problems[0].kind() == exporter::ErrorKind::kPermission);
  CHECK(groups.reading.problems[0].part() == "key_groups");
}

}  // namespace collectors
