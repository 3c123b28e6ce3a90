#include "collectors/redis/keys/key_entry.h"

#include <doctest/doctest.h>
#include <yaml-cpp/yaml.h>

#include <chrono>

namespace collectors {
namespace {

struct Read {
  KeyOptions options;
  std::string problems;  // One per line.
};

Read ReadFrom(const std::string& yaml) {
  std::vector<exporter::ConfigProblem> problems;
  exporter::YamlReader reader(YAML::Load(yaml), problems);
  Read read{ReadKeyOptions(reader, 2), ""};
  reader.RejectUnknownKeys();
  for (const auto& problem : problems) read.problems += problem.message + "\n";
  return read;
}

std::string ProblemsOf(const std::string& entry) {
  std::string problems = ReadFrom("keys: [" + entry + "]").problems;
  if (!problems.empty()) problems.pop_back();
  return problems;
}

}  // namespace

TEST_CASE("an entry is a key or a pattern with a metric, or redis_exporter's families") {
  const Read read = ReadFrom(R"(
keys:
  - pattern: "metrics:tenant:{tenant_id}:{kind}"
    metric: tenant_usage_total
    type: counter
  - {key: "queue:{emails}", metric: emails_waiting, value: length, db: 5}
  - {key: totals, metric: orders_total, type: counter, value: hash, field: orders, factor: 0.01,
     labels: {shop: a}, help: Orders., on_missing: keep}
  - {pattern: "session:*", metric: sessions, value: count}
  - {pattern: "cache:*", metric: cache_bytes, value: memory}
  - {key: "queue:emails"}
  - {pattern: "cache:*", value: count, on_missing: drop}
discovery_interval: 1m
discovery_keys: 5000
discovery_time: 20ms
)");
  CHECK(read.problems.empty());
  CHECK(read.options.walk.interval == std::chrono::minutes(1));
  CHECK(read.options.walk.keys == 5000);
  CHECK(read.options.walk.time == std::chrono::milliseconds(20));
  const auto& entries = read.options.entries;
  REQUIRE(entries.size() == 7);

  CHECK(entries[0].value == KeyValue::kString);
  CHECK(entries[0].type == prometheus::MetricType::Counter);
  CHECK(entries[0].on_missing == OnMissing::kDrop);
  CHECK(entries[0].database == 2);
  CHECK(entries[0].help == "The number in each Redis key metrics:tenant:{tenant_id}:{kind}.");
  CHECK(entries[1].key == "queue:{emails}");
  CHECK(entries[1].database == 5);
  CHECK(entries[1].on_missing == OnMissing::kZero);
  CHECK(entries[1].help ==
        "How many entries the Redis key queue:{emails} has; bytes, where it is a string.");
  CHECK(entries[2].field == "orders");
  CHECK(entries[2].factor == 0.01);
  CHECK(entries[2].labels == exporter::Labels{{"shop", "a"}});
  CHECK(entries[2].help == "Orders.");
  CHECK(entries[2].on_missing == OnMissing::kKeep);
  CHECK(entries[3].value == KeyValue::kCount);
  CHECK(entries[3].on_missing == OnMissing::kZero);
  CHECK(entries[3].help == "How many keys match session:*.");
  CHECK(entries[4].value == KeyValue::kMemory);
  CHECK(entries[4].on_missing == OnMissing::kDrop);
  CHECK(entries[5].value == KeyValue::kAll);
  CHECK(entries[5].on_missing == OnMissing::kZero);
  CHECK(entries[6].value == KeyValue::kCount);
  CHECK(entries[6].on_missing == OnMissing::kDrop);
}

TEST_CASE("without keys there is nothing, and the defaults of a walk") {
  const Read read = ReadFrom("{}");
  CHECK(read.options.entries.empty());
  CHECK(read.options.walk.interval == std::chrono::minutes(5));
  CHECK(read.options.walk.keys == 100000);
  CHECK(read.options.walk.time == std::chrono::milliseconds(100));
}

TEST_CASE("a wrong entry is refused with words that say what would be right") {
  struct Case {
    std::string entry;
    std::string says;
  };
  const std::string needs_metric =
      " needs a metric; without one, the families are those of redis_exporter";
  const std::vector<Case> table = {
      {"{metric: a}", "an entry needs key: (one key, by its name) or pattern: (many)"},
      {"{key: k, pattern: 'k*'}", "an entry has a key or a pattern, not both"},
      {"{pattern: k}", "nothing in it varies: write key: for one key"},
      {"{pattern: 'k:{', metric: a}", "a { without its }; write \\{ where a key has a brace"},
      {"{key: k, metric: 1a}",
       "\"1a\" is no metric name; it takes letters, digits, _ and :, and starts with no digit"},
      {"{key: k, metric: a, value: hash, field: f, type: sum}",
       "type must be gauge or counter, not \"sum\""},
      {"{key: k, metric: a, value: size}",
       "value must be string, length, hash, memory or count, not \"size\""},
      {"{key: k, metric: a, on_missing: nan}",
       "on_missing must be drop, zero or keep, not \"nan\""},
      {"{key: k, metric: a, field: f}", "only a hash has fields: add value: hash"},
      {"{key: k, metric: a, value: count}",
       "count says how many keys match a pattern; a key is one"},
      {"{pattern: 'k*', metric: a, value: count, type: counter}",
       "count goes up and down: it is a gauge"},
      {"{key: k, metric: a, value: memory, type: counter}",
       "memory goes up and down: it is a gauge"},
      {"{pattern: 'k:{id}', metric: a, labels: {id: x}}", "the label id is in the pattern too"},
      {"{key: k, type: counter}", "type" + needs_metric},
      {"{key: k, factor: 2}", "factor" + needs_metric},
      {"{key: k, help: x}", "help" + needs_metric},
      {"{key: k, labels: {a: b}}", "labels" + needs_metric},
      {"{key: k, field: f}", "field" + needs_metric},
      {"{key: k, value: length}",
       "value needs a metric, except for count; without one, the families are those of "
       "redis_exporter"},
      {"{pattern: 'k:{id}'}", "{id} is a label of a metric: name one with metric:, or write *"},
      {"{key: k}, {key: k}", "\"k\" is there twice"},
      {"{pattern: 'k*'}, {pattern: 'k*'}", "\"k*\" is there twice"},
      {"{key: k, metric: a}, {key: l, metric: a}",
       "a is there twice with the same labels; give one of them labels"},
      {"{pattern: 'a:{x}', metric: a}, {pattern: 'b:{x}', metric: a}",
       "a is there twice with the same labels; give one of them labels"},
      {"{key: k, metric: a}, {key: l, metric: a, type: counter, labels: {b: c}}",
       "a is a gauge in one place and a counter in another"},
  };
  for (const Case& row : table) {
    CAPTURE(row.entry);
    CHECK(ProblemsOf(row.entry) == row.says);
  }
}

TEST_CASE("a hash needs a field, a database is a number, and no key is unknown") {
  CHECK(ProblemsOf("{key: k, metric: a, value: hash}").find("field") != std::string::npos);
  CHECK(ProblemsOf("{key: k, db: -1}").find("db") != std::string::npos);
  CHECK(ProblemsOf("{key: k, metrics: a}").find("unknown key \"metrics\"") != std::string::npos);
  CHECK(ProblemsOf("{key: ''}").find("key") != std::string::npos);
  CHECK(ReadFrom("discovery_keys: 10").problems.find("discovery_keys") != std::string::npos);
}

TEST_CASE("a counter may be a length, as of a set that only grows") {
  CHECK(ProblemsOf("{key: k, metric: a, value: length, type: counter}").empty());
}

TEST_CASE("one key of two databases makes two entries") {
  CHECK(ProblemsOf("{key: k}, {key: k, db: 3}").empty());
}

}  // namespace collectors
