#include <doctest/doctest.h>

#include <string>

#include "collectors/redis/keys/keys_part.h"
#include "tests/support/keys_run.h"
#include "tests/support/taken.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using std::chrono::seconds;
using testing::ScriptedStore;
using Keys = testing::KeysRun;
using List = ScriptedStore::List;
using Hash = ScriptedStore::Hash;

}  // namespace

TEST_CASE("keys with the same labels are summed, and a sum that one is no number of is absent") {
  Keys keys("{pattern: 'n:{tenant}:*', metric: m, type: counter}");
  keys.store.keys() = {{"n:a:1", "1"}, {"n:a:2", "2"}, {"n:b:1", "10"}, {"n:b:2", "x"}};
  CHECK(keys.Collect() == "m{a} 3\n");
  CHECK(keys.problems == "query m \"n:b:2\": its value is no number\n");
  keys.store.keys()["n:b:2"] = List(2);
  CHECK(keys.Collect() == "m{a} 3\n");
  CHECK(keys.problems == "query m \"n:b:2\": it is no string\n");
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
  // A key that is gone makes room once a walk has missed it.
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
  for (const auto& timed : exporter::testing::TakenFrom(std::move(reading.families))) {
    if (timed.family.name != "redis_key_discovery_matches") continue;
    for (const auto& metric : timed.family.metric) {
      shown += metric.label[0].value + " " + metric.label[1].value + " " +
               testing::ShownNumber(metric.gauge.value) + "\n";
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

TEST_CASE("a key counts however long its name is, and a label of such a length is cut") {
  const std::string content(5000, 'x');
  Keys keys(
      "{pattern: 's:*', metric: all, value: count}, "
      "{pattern: 's:{kind}:*', metric: kinds, value: count}");
  keys.store.keys() = {{"s:a:1", ""},
                       {"s:a:" + content, ""},
                       {"s:a:" + content + "y", ""},
                       {"s:" + content + ":1", ""}};
  for (int run = 0; run < 2; ++run) {
    CHECK(keys.CollectLater() == "all{} 4\nkinds{a} 3\n");
    CHECK(keys.cut == 1);
  }
}

}  // namespace collectors
