#include "collectors/redis/keys/keys_part.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "tests/support/keys_run.h"

namespace collectors {
namespace {

using testing::ScriptedStore;
using Keys = testing::KeysRun;
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
  for (const std::string& text : {std::string("HYLL"), std::string("HYLLO, a text")}) {
    keys.store.keys()["k"] = text;
    CHECK(keys.Collect() == "m{} " + std::to_string(text.size()) + "\n");
  }
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

TEST_CASE("one key that the rules forbid costs itself, and the others are read together again") {
  Keys keys("{pattern: 'n:{id}', metric: m}");
  keys.store.keys() = {{"n:1", "1"}, {"n:2", "2"}, {"n:3", "3"}};
  // STRLEN is still allowed: it needs no read permission (Redis 7).
  keys.store.refuse = [](const RedisCommand& words) -> std::optional<std::string> {
    const bool reads = words[0] == "GET" || words[0] == "MGET";
    if (!reads || std::ranges::find(words, "n:2") == words.end()) return std::nullopt;
    return "NOPERM this user has no permissions to access one of the keys used as arguments";
  };
  for (int run = 0; run < 3; ++run) {
    CHECK(keys.Collect() == "m{1} 1\nm{3} 3\n");
    CHECK(keys.problems.starts_with("permission m \"n:2\": NOPERM"));
  }
  CHECK(keys.store.Count("MGET") == 1);
  CHECK(keys.store.Count("GET") == 1);
  CHECK(keys.store.trips == 1);
  keys.store.refuse = {};
  CHECK(keys.Collect() == "m{1} 1\nm{2} 2\nm{3} 3\n");
  CHECK(keys.Collect() == "m{1} 1\nm{2} 2\nm{3} 3\n");
  CHECK(keys.store.Count() == 1);
}

TEST_CASE("a user who may GET and not MGET reads each key alone") {
  Keys keys("{pattern: 'n:{id}', metric: m}");
  keys.store.keys() = {{"n:1", "1"}, {"n:2", "2"}};
  keys.store.refuse = [](const RedisCommand& words) -> std::optional<std::string> {
    if (words[0] != "MGET") return std::nullopt;
    return "NOPERM this user has no permissions to run the 'mget' command";
  };
  for (int run = 0; run < 3; ++run) {
    CHECK(keys.Collect() == "m{1} 1\nm{2} 2\n");
    CHECK(keys.problems.empty());
  }
}

TEST_CASE("a string that became a list is no missing key") {
  Keys keys("{pattern: 'n:{id}', metric: m, on_missing: zero}");
  keys.store.keys() = {{"n:1", "1"}, {"n:2", "2"}, {"n:3", "3"}};
  CHECK(keys.Collect() == "m{1} 1\nm{2} 2\nm{3} 3\n");
  keys.store.keys()["n:2"] = List{"a"};
  keys.store.keys().erase("n:3");
  for (int run = 0; run < 3; ++run) {
    CHECK(keys.Collect() == "m{1} 1\nm{3} 0\n");
    CHECK(keys.problems == "query m \"n:2\": it is no string\n");
  }
  keys.store.keys()["n:3"] = "4";
  CHECK(keys.Collect() == "m{1} 1\nm{3} 4\n");
}

TEST_CASE("a field that has grown beyond all bounds is not asked for again") {
  Keys keys("{key: h, metric: m, value: hash, field: f}");
  keys.store.keys() = {{"h", Hash{{"f", "7"}}}};
  CHECK(keys.Collect() == "m{} 7\n");
  keys.store.keys()["h"] = Hash{{"f", std::string(1000, '7')}};
  keys.store.refuse = [](const RedisCommand& words) -> std::optional<std::string> {
    if (words[0] != "HGET") return std::nullopt;
    return "TOOLARGE the answer is larger than 16 MiB";
  };
  CHECK(keys.Collect().empty());
  CHECK(keys.problems.starts_with("limit m \"h\": TOOLARGE"));
  CHECK(keys.Collect().empty());
  CHECK(keys.store.Count("HGET") == 0);
}

}  // namespace collectors
