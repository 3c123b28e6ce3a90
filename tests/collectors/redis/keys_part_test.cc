#include "collectors/redis/keys_part.h"

#include <doctest/doctest.h>
#include <yaml-cpp/yaml.h>

#include <string>

#include "exporter/watchdog.h"
#include "tests/support/scripted_store.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::SteadyTime;
using std::chrono::seconds;
using testing::ScriptedStore;

KeyOptions OptionsOf(const std::string& entries) {
  std::vector<exporter::ConfigProblem> problems;
  exporter::YamlReader reader(YAML::Load("keys: [" + entries + "]"), problems);
  KeyOptions options = ReadKeyOptions(reader, 0);
  REQUIRE(problems.empty());
  return options;
}

std::string ShownNumber(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

double ValueOf(const exporter::TimedFamily& timed, const prometheus::ClientMetric& metric) {
  return timed.family.type == prometheus::MetricType::Counter ? metric.counter.value
                                                              : metric.gauge.value;
}

// The samples as "name{a,b} 1", one a line, without the walks' own.
std::string PageOf(exporter::FamilySet families) {
  std::string page;
  for (const auto& timed : std::move(families).Take()) {
    if (timed.family.name.starts_with("redis_key_discovery")) continue;
    for (const auto& metric : timed.family.metric) {
      page += timed.family.name + "{";
      for (std::size_t i = 0; i < metric.label.size(); ++i) {
        page += (i > 0 ? "," : "") + metric.label[i].value;
      }
      page += "} " + ShownNumber(ValueOf(timed, metric)) + "\n";
    }
  }
  return page;
}

// Keys of a store, read as a configuration says; `later` lets walks be due.
struct Keys {
  explicit Keys(const std::string& entries, std::size_t max_series = 10000, WalkLimits limits = {})
      : walks(limits, [this] { return now; }),
        part(OptionsOf(entries).entries, max_series, walks) {}

  std::string Collect() {
    store.Forget();
    exporter::Reading reading;
    const exporter::CollectContext context{exporter::Deadline::At(now + seconds(5)), watchdog};
    walks.Step(context, store, now, 0, reading);
    part.Collect(context, store, reading);
    problems.clear();
    for (const CollectError& problem : reading.problems) {
      problems += std::string(exporter::Name(problem.kind())) + " " + problem.part() + " " +
                  problem.what() + "\n";
    }
    cut = reading.cut_series;
    exporter::FamilySet families = std::move(reading.families);
    return PageOf(std::move(families));
  }
  std::string CollectLater() {
    now += seconds(300);
    return Collect();
  }

  exporter::Watchdog watchdog;
  ScriptedStore store;
  SteadyTime now{seconds(1000)};
  KeyWalks walks;
  KeysPart part;
  std::string problems;
  std::size_t cut = 0;
};

using List = ScriptedStore::List;
using Hash = ScriptedStore::Hash;
using Set = ScriptedStore::Set;
using Huge = ScriptedStore::Huge;

}  // namespace

TEST_CASE("every kind of value is read of an exact key") {
  Keys keys(R"(
    {key: n, metric: number, type: counter},
    {key: q, metric: waiting, value: length},
    {key: h, metric: orders, value: hash, field: f, factor: 0.5, labels: {shop: a}},
    {key: q, metric: bytes, value: memory})");
  keys.store.keys() = {{"n", "-2.5"}, {"q", List{"a", "b"}}, {"h", Hash{{"f", "7"}}}};
  CHECK(keys.Collect() == "number{} -2.5\nwaiting{} 2\norders{a} 3.5\nbytes{} 1\n");
  CHECK(keys.problems.empty());
  CHECK(keys.store.trips == 2);
  CHECK(keys.Collect() == "number{} -2.5\nwaiting{} 2\norders{a} 3.5\nbytes{} 1\n");
  CHECK(keys.store.trips == 1);
  CHECK(keys.store.Count("TYPE") == 0);
}

TEST_CASE("a length is asked for by the type's own command") {
  Keys keys("{pattern: '{k}:k', metric: length, value: length}");
  keys.store.keys() = {{"array:k", ScriptedStore::Foreign{"ReJSON-RL"}},
                       {"empty:k", ""},
                       {"hash:k", Hash{{"a", "1"}}},
                       {"hll:k", ScriptedStore::HyperLogLog{42}},
                       {"huge:k", Huge{std::size_t{500} << 20}},
                       {"list:k", List{"a"}},
                       {"set:k", Set{"a", "b", "c"}},
                       {"stream:k", ScriptedStore::Stream{0}},
                       {"text:k", "hello"}};
  const std::string page =
      "length{empty} 0\nlength{hash} 1\nlength{hll} 42\nlength{huge} 524288000\n"
      "length{list} 1\nlength{set} 3\nlength{stream} 0\nlength{text} 5\n";
  for (int run = 0; run < 3; ++run) {
    CHECK(keys.Collect() == page);
    CHECK(keys.problems == "query length \"array:k\": its type has no length\n");
  }
  CHECK(keys.store.Count("PFCOUNT") == 1);
  CHECK(keys.store.Count("GET") == 0);
}

TEST_CASE("a key that is gone is dropped, zero, or as it was last") {
  struct Case {
    std::string entry;
    std::string found;
    std::string gone;
  };
  const std::vector<Case> table = {
      {"{key: s, metric: m}", "m{} 5\n", ""},
      {"{key: s, metric: m, on_missing: zero}", "m{} 5\n", "m{} 0\n"},
      {"{key: s, metric: m, on_missing: keep}", "m{} 5\n", "m{} 5\n"},
      {"{key: l, metric: m, value: length}", "m{} 2\n", "m{} 0\n"},
      {"{key: l, metric: m, value: length, on_missing: drop}", "m{} 2\n", ""},
      {"{key: l, metric: m, value: length, on_missing: keep}", "m{} 2\n", "m{} 2\n"},
      {"{key: h, metric: m, value: hash, field: f}", "m{} 7\n", ""},
      {"{key: h, metric: m, value: hash, field: f, on_missing: zero}", "m{} 7\n", "m{} 0\n"},
      {"{key: l, metric: m, value: memory}", "m{} 1\n", ""},
      {"{pattern: '{k}', metric: m, value: memory, on_missing: zero}", "m{h} 1\nm{l} 1\nm{s} 1\n",
       "m{h} 0\nm{l} 0\nm{s} 0\n"},
      {"{pattern: '{k}', metric: m, value: length, on_missing: drop}", "m{h} 1\nm{l} 2\nm{s} 1\n",
       ""},
      {"{pattern: 's*', metric: m}", "m{} 5\n", ""},
      {"{pattern: 's*', metric: m, on_missing: keep}", "m{} 5\n", "m{} 5\n"},
  };
  for (const Case& row : table) {
    CAPTURE(row.entry);
    Keys keys(row.entry);
    const auto filled = [&] {
      keys.store.keys() = {{"s", "5"}, {"l", List{"a", "b"}}, {"h", Hash{{"f", "7"}}}};
    };
    filled();
    CHECK(keys.Collect() == row.found);
    keys.store.keys().clear();
    CHECK(keys.Collect() == row.gone);
    CHECK(keys.CollectLater() == row.gone);
    filled();
    CHECK(keys.CollectLater() == row.found);
    CHECK(keys.problems.empty());
  }
}

TEST_CASE("an exact key that never was there has a series where zero stands for missing") {
  Keys keys("{key: q, metric: waiting, value: length}, {key: s, metric: m, on_missing: keep}");
  CHECK(keys.Collect() == "waiting{} 0\n");
  CHECK(keys.problems.empty());
}

TEST_CASE("a field that is missing from a hash is gone, as the hash is") {
  Keys keys("{key: h, metric: m, value: hash, field: f, on_missing: zero}");
  keys.store.keys() = {{"h", Hash{{"g", "7"}}}};
  CHECK(keys.Collect() == "m{} 0\n");
  keys.store.keys() = {{"h", Hash{{"f", "8"}}}};
  CHECK(keys.Collect() == "m{} 8\n");
}

TEST_CASE("what is no number is no sample but a problem, once an entry, without the text") {
  Keys keys("{pattern: 'n:{id}', metric: m, on_missing: zero}, {key: x, metric: y}");
  keys.store.keys() = {{"n:1", "1"}, {"n:2", "secret"}, {"n:3", "secret"}, {"x", "secret"}};
  const std::string problems =
      "query m \"n:2\": its value is no number\nquery y \"x\": its value is no number\n";
  CHECK(keys.Collect() == "m{1} 1\n");
  CHECK(keys.problems == problems);
  CHECK(keys.Collect() == "m{1} 1\n");
  CHECK(keys.problems == problems);
  keys.store.keys()["n:2"] = "2";
  CHECK(keys.Collect() == "m{1} 1\nm{2} 2\n");
}

TEST_CASE("a value of another type is a problem until a walk finds it as it should be") {
  Keys keys(
      "{pattern: 'n:{id}', metric: m}, {key: x, metric: y}, "
      "{key: x, metric: z, value: hash, field: f}");
  keys.store.keys() = {{"n:1", List{"a"}}, {"n:2", "2"}, {"x", Set{"a"}}};
  CHECK(keys.Collect() == "m{2} 2\n");
  const std::string problems =
      "query m \"n:1\": it is no string\nquery y \"x\": it is no string\n"
      "query z \"x\": it is no hash\n";
  CHECK(keys.problems == problems);
  CHECK(keys.Collect() == "m{2} 2\n");
  CHECK(keys.problems == problems);
  CHECK(keys.store.Count("STRLEN") == 0);
  keys.store.keys() = {{"n:1", "1"}, {"n:2", "2"}, {"x", "3"}};
  CHECK(keys.Collect() == "m{2} 2\ny{} 3\n");
  CHECK(keys.CollectLater() == "m{1} 1\nm{2} 2\ny{} 3\n");
}

TEST_CASE("a key that became another type shows its new length at once") {
  Keys keys("{key: k, metric: m, value: length}");
  keys.store.keys() = {{"k", List{"a", "b"}}};
  CHECK(keys.Collect() == "m{} 2\n");
  keys.store.keys()["k"] = Set{"a"};
  CHECK(keys.Collect() == "m{} 1\n");
  keys.store.keys()["k"] = "hello";
  CHECK(keys.Collect() == "m{} 5\n");
  keys.store.keys()["k"] = ScriptedStore::HyperLogLog{9};
  CHECK(keys.Collect() == "m{} 9\n");
  keys.store.keys()["k"] = "hi";
  CHECK(keys.Collect() == "m{} 2\n");
  CHECK(keys.problems.empty());
}

TEST_CASE("a huge string or field is never fetched") {
  Keys keys(
      "{pattern: 'n:{id}', metric: m}, {key: big, metric: y}, "
      "{key: h, metric: z, value: hash, field: f}");
  const std::size_t size = std::size_t{500} << 20;
  keys.store.keys() = {{"n:1", "1"},
                       {"n:2", Huge{size}},
                       {"big", Huge{size}},
                       {"h", Hash{{"f", std::string(65, '7')}}}};
  const std::string problems =
      "limit m \"n:2\": it is too long for a number, and is not fetched\n"
      "limit y \"big\": it is too long for a number, and is not fetched\n"
      "limit z \"h\": it is too long for a number, and is not fetched\n";
  for (int run = 0; run < 3; ++run) {
    CHECK(keys.CollectLater() == "m{1} 1\n");
    CHECK(keys.problems == problems);
    CHECK(keys.store.Count("HGET") == 0);
  }
}

TEST_CASE("a string that grew beyond all bounds costs the keys of one collection") {
  Keys keys("{pattern: 'n:{id}', metric: m}, {key: k, metric: other, db: 1}");
  keys.store.keys() = {{"n:1", "1"}, {"n:2", "2"}};
  keys.store.databases[1] = {{"k", "3"}};
  CHECK(keys.Collect() == "m{1} 1\nm{2} 2\nother{} 3\n");
  keys.store.keys()["n:2"] = Huge{std::size_t{500} << 20};
  CHECK(keys.Collect() == "other{} 3\n");
  CHECK(keys.problems == "protocol keys the keys of db0: a reply beyond the bound\n");
  CHECK(keys.Collect() == "m{1} 1\nother{} 3\n");
  CHECK(keys.problems == "limit m \"n:2\": it is too long for a number, and is not fetched\n");
}

TEST_CASE("a string that grew a little is left out, and is not fetched again") {
  Keys keys("{pattern: 'n:{id}', metric: m}");
  keys.store.keys() = {{"n:1", "1"}};
  CHECK(keys.Collect() == "m{1} 1\n");
  keys.store.keys()["n:1"] = std::string(1000, '7');
  CHECK(keys.Collect().empty());
  CHECK(keys.problems == "limit m \"n:1\": it is too long for a number, and is not fetched\n");
  CHECK(keys.Collect().empty());
  CHECK(keys.store.Count() == 0);
}

TEST_CASE("keys without a metric are redis_exporter's families") {
  Keys keys("{key: 'q'}, {pattern: 'c:*'}, {key: gone}, {pattern: 'c:*', value: count}");
  keys.store.keys() = {{"q", List{"a", "b"}},
                       {"c:hll", ScriptedStore::HyperLogLog{42}},
                       {"c:json", ScriptedStore::Foreign{"ReJSON-RL"}},
                       {"c:long", std::string(1000, 'x')},
                       {"c:num", "12"},
                       {"c:text", "secret"},
                       {"c:void", ""}};
  const std::string page =
      "redis_key_exists{db0,q} 1\n"
      "redis_key_exists{db0,gone} 0\n"
      "redis_key_size{db0,q} 2\n"
      "redis_key_size{db0,c:hll} 42\n"
      "redis_key_size{db0,c:long} 1000\n"
      "redis_key_size{db0,c:num} 2\n"
      "redis_key_size{db0,c:text} 6\n"
      "redis_key_size{db0,c:void} 0\n"
      "redis_key_size{db0,gone} 0\n"
      "redis_key_memory_usage_bytes{db0,q} 1\n"
      "redis_key_memory_usage_bytes{db0,c:hll} 5\n"
      "redis_key_memory_usage_bytes{db0,c:json} 6\n"
      "redis_key_memory_usage_bytes{db0,c:long} 6\n"
      "redis_key_memory_usage_bytes{db0,c:num} 5\n"
      "redis_key_memory_usage_bytes{db0,c:text} 6\n"
      "redis_key_memory_usage_bytes{db0,c:void} 6\n"
      "redis_key_value{db0,c:num} 12\n"
      "redis_keys_count{db0,c:*} 6\n";
  for (int run = 0; run < 2; ++run) {
    CHECK(keys.Collect() == page);
    CHECK(keys.problems.empty());
  }
}

TEST_CASE("a key that two entries without a metric find is shown once") {
  Keys keys("{pattern: 'q*'}, {key: qa}, {pattern: '*a'}");
  keys.store.keys() = {{"qa", List{"a"}}};
  CHECK(keys.Collect() ==
        "redis_key_size{db0,qa} 1\nredis_key_memory_usage_bytes{db0,qa} 2\n"
        "redis_key_exists{db0,qa} 1\n");
}

TEST_CASE("without MEMORY a key has its size and a problem says why no more") {
  Keys keys("{key: q}, {key: q, metric: bytes, value: memory, on_missing: zero}");
  keys.store.keys() = {{"q", List{"a"}}};
  keys.store.refuse = [](const RedisCommand& words) -> std::optional<std::string> {
    if (words[0] != "MEMORY") return std::nullopt;
    return "NOPERM this user has no permissions to run the 'memory|usage' command";
  };
  CHECK(keys.Collect() == "redis_key_exists{db0,q} 1\nredis_key_size{db0,q} 1\n");
  CHECK(keys.problems ==
        "permission q \"q\": NOPERM this user has no permissions to run the 'memory|usage' "
        "command\n"
        "permission bytes \"q\": NOPERM this user has no permissions to run the 'memory|usage' "
        "command\n");
}

TEST_CASE("keys with the same labels are summed, but for one that is no number") {
  Keys keys("{pattern: 'n:{tenant}:*', metric: m, type: counter}");
  keys.store.keys() = {{"n:a:1", "1"}, {"n:a:2", "2"}, {"n:a:3", "x"}, {"n:b:1", "10"}};
  CHECK(keys.Collect() == "m{a} 3\nm{b} 10\n");
}

TEST_CASE("a sum is not shown before the first walk has found all its keys") {
  Keys keys("{pattern: 'n:*', metric: m}, {pattern: 'n:{id}', metric: each}", 10000,
            {.keys = 1000});
  for (int i = 0; i < 1500; ++i) keys.store.keys()["n:" + std::to_string(i)] = "1";
  std::string page = keys.Collect();
  CHECK(page.find("m{}") == std::string::npos);
  CHECK(std::ranges::count(page, '\n') == 1000);
  page = keys.Collect();
  CHECK(page.starts_with("m{} 1500\n"));
  CHECK(std::ranges::count(page, '\n') == 1501);
}

TEST_CASE("a sum of which a key did not answer is not shown") {
  Keys keys("{pattern: 'n:{tenant}:*', metric: m}");
  keys.store.takes_many_keys = false;
  keys.store.keys() = {{"n:a:1", "1"}, {"n:a:2", "2"}, {"n:b:1", "10"}};
  CHECK(keys.Collect() == "m{a} 3\nm{b} 10\n");
  keys.store.refuse = [](const RedisCommand& words) -> std::optional<std::string> {
    if (words[1] == "n:a:2") return "CLUSTERDOWN Hash slot not served";
    return std::nullopt;
  };
  CHECK(keys.Collect() == "m{b} 10\n");
  CHECK(keys.problems == "connect m \"n:a:2\": CLUSTERDOWN Hash slot not served\n");
}

TEST_CASE("a server that does not say is no missing key") {
  Keys keys("{key: q, metric: m, value: length}, {key: q, metric: k, on_missing: keep}, {key: q}");
  keys.store.refuse = [](const RedisCommand&) { return "LOADING Redis is loading"; };
  CHECK(keys.Collect().empty());
  CHECK(keys.problems ==
        "connect m \"q\": LOADING Redis is loading\nconnect k \"q\": LOADING Redis is loading\n"
        "connect q \"q\": LOADING Redis is loading\n");
}

TEST_CASE("nobody who answers is the caller's to judge") {
  Keys keys("{key: q, metric: m, value: length}");
  for (const ErrorKind kind : {ErrorKind::kTimeout, ErrorKind::kConnect, ErrorKind::kAuth}) {
    keys.store.before_trip = [kind] { throw CollectError(kind, "no"); };
    try {
      keys.Collect();
      FAIL("must throw");
    } catch (const CollectError& error) {
      CHECK(error.kind() == kind);
    }
  }
  keys.store.before_trip = [] { throw CollectError(ErrorKind::kQuery, "SELECT: ERR DB index"); };
  CHECK(keys.Collect().empty());
  CHECK(keys.problems == "query keys the keys of db0: SELECT: ERR DB index\n");
}

TEST_CASE("a pattern remembers no more keys than max_series, and counts what it cuts") {
  Keys keys("{pattern: 'n:{id}', metric: m}", 2);
  keys.store.keys() = {{"n:1", "1"}, {"n:2", "2"}, {"n:3", "3"}, {"n:4", "4"}};
  CHECK(keys.Collect() == "m{1} 1\nm{2} 2\n");
  CHECK(keys.cut == 2);
  CHECK(keys.Collect() == "m{1} 1\nm{2} 2\n");
  CHECK(keys.cut == 2);
  // What is gone makes room once a walk has missed it.
  keys.store.keys().erase("n:1");
  CHECK(keys.Collect() == "m{2} 2\n");
  keys.CollectLater();
  CHECK(keys.CollectLater() == "m{2} 2\nm{3} 3\n");
  CHECK(keys.cut == 1);
}

TEST_CASE("a key that stands for a gone one makes room for one that is there") {
  Keys keys("{pattern: 'n:{id}', metric: m, value: length}", 1);
  keys.store.keys() = {{"n:1", List{"a"}}};
  CHECK(keys.Collect() == "m{1} 1\n");
  keys.store.keys().clear();
  CHECK(keys.Collect() == "m{1} 0\n");
  CHECK(keys.CollectLater() == "m{1} 0\n");
  keys.store.keys() = {{"n:2", List{"a", "b"}}};
  CHECK(keys.CollectLater() == "m{2} 2\n");
  CHECK(keys.cut == 0);
}

TEST_CASE("a sum that a bound would make wrong is not shown") {
  Keys keys("{pattern: 'n:{tenant}:*', metric: m}", 2);
  keys.store.keys() = {{"n:a:1", "1"}, {"n:a:2", "2"}, {"n:a:3", "3"}};
  CHECK(keys.Collect().empty());
  CHECK(keys.cut == 1);
  CHECK(keys.problems ==
        "limit m more keys than max_series, and a sum without all of them would be wrong\n");
}

TEST_CASE("keys are counted by their labels, all of them") {
  Keys keys(
      "{pattern: 's:*', metric: sessions, value: count}, "
      "{pattern: 's:{region}:*', metric: by_region, value: count, factor: 2}, "
      "{pattern: 'none:*', metric: none, value: count}",
      2);
  keys.store.keys() = {{"s:eu:1", ""}, {"s:eu:2", ""}, {"s:us:1", ""}, {"s:zz:1", ""}};
  CHECK(keys.Collect() == "sessions{} 4\nby_region{eu} 4\nby_region{us} 2\nnone{} 0\n");
  CHECK(keys.cut == 1);
  keys.store.keys().erase("s:us:1");
  keys.store.keys().erase("s:zz:1");
  CHECK(keys.Collect() == "sessions{} 4\nby_region{eu} 4\nby_region{us} 2\nnone{} 0\n");
  CHECK(keys.CollectLater() == "sessions{} 2\nby_region{eu} 4\nby_region{us} 0\nnone{} 0\n");
}

TEST_CASE("a count is not shown before a walk has ended, nor after one that failed") {
  Keys keys("{pattern: 's:*', value: count}");
  keys.store.keys() = {{"s:1", ""}};
  keys.store.refuse = [](const RedisCommand&) { return "NOPERM no"; };
  CHECK(keys.Collect().empty());
  keys.store.refuse = {};
  CHECK(keys.CollectLater() == "redis_keys_count{db0,s:*} 1\n");
  keys.store.refuse = [](const RedisCommand&) { return "NOPERM no"; };
  CHECK(keys.CollectLater().empty());
}

TEST_CASE("2,500 counters among 200,000 keys take a few commands, and no SCAN between walks") {
  Keys keys(
      "{pattern: 'metrics:tenant:{tenant}:{kind}', metric: usage, type: counter}, "
      "{pattern: 'queue:*', metric: queues, value: count}");
  for (int i = 0; i < 197500; ++i) keys.store.keys()["other:" + std::to_string(i)] = "x";
  for (int i = 0; i < 2500; ++i) {
    keys.store.keys()["metrics:tenant:" + std::to_string(i) + ":calls"] = std::to_string(i);
  }
  keys.Collect();
  CHECK(keys.store.Count("SCAN") == 100);
  keys.Collect();
  CHECK(keys.store.Count("SCAN") == 100);
  const std::string page = keys.Collect();
  CHECK(keys.store.Count("SCAN") == 0);
  CHECK(keys.store.Count() == 3);
  CHECK(keys.store.trips == 1);
  CHECK(std::ranges::count(page, '\n') == 2501);
  CHECK(page.find("usage{1234,calls} 1234\n") != std::string::npos);
  CHECK(keys.problems.empty());
}

TEST_CASE("a store that takes a key at a time is asked so") {
  Keys keys("{pattern: 'n:{id}', metric: m}");
  keys.store.takes_many_keys = false;
  keys.store.shards = 3;
  keys.store.keys() = {{"n:1", "1"}, {"n:2", "2"}};
  CHECK(keys.Collect() == "m{1} 1\nm{2} 2\n");
  CHECK(keys.Collect() == "m{1} 1\nm{2} 2\n");
  CHECK(keys.store.Count("GET") == 2);
  CHECK(keys.store.Count() == 2);
}

TEST_CASE("a pattern shows how many keys it found") {
  Keys keys("{pattern: 'n:{id}', metric: m}, {pattern: 'n:{id}', metric: c, value: count}");
  keys.store.keys() = {{"n:1", "1"}, {"n:2", "2"}};
  exporter::Reading reading;
  const exporter::CollectContext context{exporter::Deadline::At(keys.now + seconds(5)),
                                         keys.watchdog};
  keys.walks.Step(context, keys.store, keys.now, 0, reading);
  keys.part.Collect(context, keys.store, reading);
  std::string shown;
  for (const auto& timed : std::move(reading.families).Take()) {
    if (timed.family.name != "redis_key_discovery_matches") continue;
    for (const auto& metric : timed.family.metric) {
      shown += metric.label[0].value + " " + metric.label[1].value + " " +
               ShownNumber(metric.gauge.value) + "\n";
    }
  }
  CHECK(shown == "db0 n:{id} 2\n");
}

TEST_CASE("what entries export is claimed, with stars for what walks find") {
  Keys keys(
      "{pattern: 'n:{id}', metric: m, labels: {a: b}}, {key: q, db: 3}, {pattern: 'c*'}, "
      "{pattern: 'c*', value: count}");
  std::string shown;
  for (const auto& claim : keys.part.Claims()) {
    shown += claim.name;
    for (const auto& [name, value] : claim.labels) shown += " " + name + "=" + value;
    shown += "\n";
  }
  CHECK(shown ==
        "m a=b id=*\nredis_key_size db=db3 key=q\nredis_key_size db=db0 key=*\n"
        "redis_keys_count db=db0 key=c*\n");
}

}  // namespace collectors
