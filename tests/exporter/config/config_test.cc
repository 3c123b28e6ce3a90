#include "exporter/config/config.h"

#include <doctest/doctest.h>

#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace exporter {
namespace {

using std::chrono::milliseconds;

// A collector that claims what its keys say and collects nothing.
class Claimer : public Collector {
 public:
  explicit Claimer(std::vector<SeriesId> claims) : claims_(std::move(claims)) {}
  Reading Collect(const CollectContext& /*context*/) override { return {}; }
  std::vector<SeriesId> Claims() const override { return claims_; }

 private:
  std::vector<SeriesId> claims_;
};

// claims: {metric: label value}; each series has the label `queue`.
std::unique_ptr<Collector> MakeClaimer(YamlReader& options, const JobSettings& /*settings*/) {
  std::vector<SeriesId> claims;
  for (const auto& [metric, value] : options.LabelMap("claims")) {
    claims.push_back({metric, {{"queue", value}}});
  }
  return std::make_unique<Claimer>(std::move(claims));
}

constexpr HealthFamily kCacheUp[] = {{"cache_up", HealthValue::kUp, ""}};
constexpr std::array<CollectorType, 2> kTypes = {
    {{"cache", "", "", "", kCacheUp, &MakeClaimer}, {"plain", "", "", "", {}, &MakeClaimer}}};

std::optional<std::string> Variable(const std::string& name) {
  if (name == "TEAM") return "blue";
  return std::nullopt;
}

std::string Said(const ConfigResult& result) {
  std::string all;
  for (const ConfigProblem& problem : result.problems) all += FormatProblem("f", problem) + "\n";
  return all;
}

std::vector<Job> Jobs(const std::string& text) {
  ConfigResult result = ParseConfig(text, kTypes, Variable);
  CHECK(Said(result) == "");
  return std::move(result.jobs);
}

std::string Problems(const std::string& text) {
  const ConfigResult result = ParseConfig(text, kTypes, Variable);
  CHECK(result.jobs.empty());
  return Said(result);
}

}  // namespace

TEST_CASE("a collector has its own keys first, then the global ones, then the defaults") {
  const auto jobs = Jobs(R"(
global:
  interval: 1m
  stale_after: 10m
  prefix: shop_
  max_series: 7
  labels: {team: "${TEAM}", zone: a, env: prod}
collectors:
  - type: cache
  - type: plain
    name: second-1
    interval: 2s
    stale_after: 2s
    max_series: 9
    labels: {zone: b, env: "", extra: x}
)");
  REQUIRE(jobs.size() == 2);
  CHECK(jobs[0].settings.name == "cache");
  CHECK(jobs[0].type == &kTypes[0]);
  CHECK(jobs[0].settings.interval == milliseconds(60000));
  CHECK(jobs[0].settings.timeout == milliseconds(5000));
  CHECK(jobs[0].settings.stale_after == milliseconds(600000));
  CHECK(jobs[0].policy.prefix == "shop_");
  CHECK(jobs[0].policy.max_series == 7);
  CHECK(jobs[0].policy.labels == Labels{{"team", "blue"}, {"zone", "a"}, {"env", "prod"}});

  CHECK(jobs[1].settings.name == "second-1");
  CHECK(jobs[1].settings.interval == milliseconds(2000));
  CHECK(jobs[1].settings.timeout == milliseconds(2000));
  CHECK(jobs[1].settings.stale_after == milliseconds(2000));
  CHECK(jobs[1].policy.max_series == 9);
  CHECK(jobs[1].policy.labels == Labels{{"zone", "b"}, {"extra", "x"}, {"team", "blue"}});
}

TEST_CASE("without a global section everything is as documented") {
  const auto jobs = Jobs("collectors: [{type: cache}]");
  REQUIRE(jobs.size() == 1);
  CHECK(jobs[0].settings.interval == milliseconds(15000));
  CHECK(jobs[0].settings.timeout == milliseconds(5000));
  CHECK(jobs[0].settings.stale_after == milliseconds(45000));
  CHECK(jobs[0].policy.max_series == 10000);
  CHECK(jobs[0].policy.labels.empty());
  CHECK(jobs[0].policy.prefix.empty());
}

TEST_CASE("a collector's relabelling rules come before the global ones") {
  const auto jobs = Jobs(R"(
global:
  metric_relabel_configs: [{action: labeldrop, regex: a}]
collectors:
  - type: cache
    metric_relabel_configs: [{action: labeldrop, regex: b}, {regex: "${1}", target_label: c}]
  - {type: plain}
)");
  REQUIRE(jobs.size() == 2);
  REQUIRE(jobs[0].policy.rules.size() == 3);
  REQUIRE(jobs[1].policy.rules.size() == 1);
  CHECK(jobs[0].policy.rules[2] == jobs[1].policy.rules[0]);
}

TEST_CASE("times that do not fit each other are noted where they came together") {
  struct Case {
    std::string text;
    std::string said;
  };
  const std::vector<Case> cases = {
      {"collectors: [{type: cache, interval: 2s, timeout: 3s}]",
       "f:1:51: the timeout (3s) is longer than the interval (2s)\n"},
      {"global: {timeout: 3s}\ncollectors: [{type: cache, interval: 2s}]",
       "f:2:38: the timeout (3s of global or by default) is longer than the interval (2s)\n"},
      {"global: {interval: 2s, timeout: 3s}\ncollectors: [{type: cache}, {type: plain}]",
       "f:1:33: the timeout (3s of global or by default) is longer than the interval (2s of global "
       "or by default)\n"},
      {"global: {timeout: 20s}\ncollectors: [{type: cache, interval: 1m}]", ""},
      {"collectors: [{type: cache, stale_after: 14s}]",
       "f:1:41: stale_after (14s) is shorter than the interval (15s of global or by default): the "
       "series would be gone between two collections\n"},
      {"global: {stale_after: 1m}\ncollectors: [{type: cache, interval: 5m}]",
       "f:2:38: stale_after (1m of global or by default) is shorter than the interval (5m): the "
       "series would be gone between two collections\n"},
      {"collectors: [{type: cache, interval: 99ms}]", "f:1:38: interval must be at least 100ms\n"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK(Said(ParseConfig(c.text, kTypes, Variable)) == c.said);
  }
}

TEST_CASE("two collectors that would export one series are named, with the label to add") {
  struct Case {
    std::string text;
    std::string said;
  };
  const std::string both = " would both export ";
  const std::string hint = "; give one of them a label of its own, as labels: {target: b}\n";
  const std::vector<Case> cases = {
      {"collectors: [{type: cache, name: a}, {type: cache, name: b}]",
       "f:1:38: collectors \"a\" and \"b\"" + both + "cache_up" + hint},
      {"collectors: [{type: cache, name: a, labels: {x: y}}, {type: cache, name: b}]", ""},
      {"global: {prefix: p_, labels: {s: t}}\n"
       "collectors: [{type: cache, name: a}, {type: cache, name: b}]",
       "f:2:38: collectors \"a\" and \"b\"" + both + "p_cache_up{s=\"t\"}" + hint},
      {"collectors: [{type: plain, name: a, claims: {depth: x}}, "
       "{type: plain, name: b, claims: {depth: y}}]",
       ""},
      {"collectors: [{type: plain, name: a, claims: {depth: x}}, "
       "{type: plain, name: b, claims: {other: x, depth: x}}]",
       "f:1:58: collectors \"a\" and \"b\"" + both + "depth{queue=\"x\"}" + hint},
      {"collectors: [{type: plain, name: a, claims: {depth: \"*\"}}, "
       "{type: plain, name: b, claims: {depth: x}}]",
       "f:1:60: collectors \"a\" and \"b\"" + both + "depth{queue=\"x\"}" + hint},
      {"collectors: [{type: plain, name: a, claims: {depth: x}}, {type: plain, name: b, "
       "claims: {depth: x}, labels: {queue: never used}}]",
       "f:1:58: collectors \"a\" and \"b\"" + both + "depth{queue=\"x\"}" + hint},
      {"collectors: [{type: cache, name: b}, {type: cache, name: b}]",
       "f:1:58: another collector is called \"b\"; give this one a name of its own, as name: b_2, "
       "and a label if both export the same, as labels: {target: b_2}\n"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK(Said(ParseConfig(c.text, kTypes, Variable)) == c.said);
  }
}

TEST_CASE("names are short and plain, prefixes begin a metric name and are not reserved") {
  for (const std::string name : {"a", "_", "A-1_b"}) {
    Jobs("collectors: [{type: cache, name: " + name + "}]");
  }
  for (const std::string name : {"1a", "-a", "a.b", "a b", "''", "\xc3\xa9"}) {
    CAPTURE(name);
    CHECK(Problems("collectors: [{type: cache, name: " + name + "}]").find("name must be") !=
          std::string::npos);
  }
  Jobs("{global: {prefix: 'a:b_'}, collectors: [{type: cache}]}");
  for (const std::string prefix : {"1", "a-", "__a", "exporter_", "process_x", "a b"}) {
    CAPTURE(prefix);
    CHECK(Problems("{global: {prefix: " + prefix + "}, collectors: [{type: cache}]}")
              .find("prefix must") != std::string::npos);
  }
}

TEST_CASE("more problems than anyone reads are cut, and counted") {
  std::string text = "collectors:\n";
  for (int i = 0; i < 150; ++i)
    text += "  - {type: cache, name: n" + std::to_string(i) + ", x: 1}\n";
  const ConfigResult result = ParseConfig(text, kTypes, Variable);
  REQUIRE(result.problems.size() == 100);
  CHECK(result.problems[98].line == 100);
  CHECK(FormatProblem("f", result.problems[99]) == "f:101:30: 51 more problems from here on");
}

TEST_CASE("more collectors than threads are wanted is a problem") {
  std::string text = "collectors:\n";
  for (int i = 0; i < 257; ++i) text += "  - {type: plain, name: n" + std::to_string(i) + "}\n";
  CHECK(Problems(text) == "f:2:3: more than 256 collectors\n");
}

TEST_CASE("a file that cannot be read is a problem without a line") {
  const auto load = [](const std::string& path) {
    return Said(LoadConfig(path, kTypes, Variable));
  };
  CHECK(load("/nowhere/at/all.yaml") == "f: cannot be read: No such file or directory\n");
  CHECK(load(std::filesystem::temp_directory_path()) == "f: cannot be read: Is a directory\n");
  CHECK(load("/dev/zero") == "f: the file is larger than 1 MiB\n");
  CHECK(load("/dev/null") == "f:1:1: the file has no keys in it\n");
}

}  // namespace exporter
