#include "collectors/queue/queue_system.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "exporter/collector.h"

namespace collectors {
namespace {

using exporter::CollectError;
using Type = RedisReply::Type;

constexpr std::chrono::system_clock::time_point kNow{std::chrono::milliseconds(1'700'000'000'250)};
const QueueTarget kQueue = {"jobs", "jobs", "workers"};

const QueueSystem& System(std::string_view name) {
  for (const QueueSystem& system : QueueSystems()) {
    if (system.name == name) return system;
  }
  FAIL("no such system");
  return QueueSystems().front();
}

RedisReply Integer(long long value) { return {Type::kInteger, "", value, {}}; }
RedisReply Text(const std::string& text) { return {Type::kString, text, 0, {}}; }
RedisReply Error(const std::string& text) { return {Type::kError, text, 0, {}}; }
RedisReply Array(std::vector<RedisReply> items) { return {Type::kArray, "", 0, std::move(items)}; }

// "waiting=3 active=1 age=2.5 consumers=2": a state as one line.
std::string Line(const QueueState& state) {
  std::string line;
  const auto add = [&line](std::string_view name, double value) {
    line += (line.empty() ? "" : " ") + std::string(name) + "=" +
            std::to_string(std::llround(value * 1000));
  };
  for (const QueueDepth& row : state.depths) add(row.state, row.depth);
  if (state.oldest_age_seconds) add("age", *state.oldest_age_seconds);
  if (state.consumers) add("consumers", *state.consumers);
  return line;
}

// The same, in thousandths, of what a system makes of these replies.
std::string Read(std::string_view system, const std::vector<RedisReply>& replies) {
  REQUIRE(System(system).commands(kQueue, kNow).size() == replies.size());
  return Line(System(system).read(kQueue, replies, kNow));
}

RedisReply GroupOf(const std::string& name, std::vector<RedisReply> more = {}) {
  std::vector<RedisReply> fields = {Text("name"), Text(name),      Text("consumers"),
                                    Integer(2),   Text("pending"), Integer(4)};
  fields.insert(fields.end(), more.begin(), more.end());
  return Array(fields);
}

}  // namespace

TEST_CASE("a list is what waits") {
  CHECK(Read("redis_list", {Integer(7)}) == "waiting=7000");
  CHECK(Read("redis_list", {Integer(0)}) == "waiting=0");
}

TEST_CASE("a sorted set is divided at now, and its age is that of the first due") {
  CHECK(Read("redis_zset", {Integer(2), Integer(3), Array({Text("id"), Text("1699999990")})}) ==
        "waiting=2000 scheduled=3000 age=10250");
  CHECK(Read("redis_zset", {Integer(0), Integer(3), Array({})}) == "waiting=0 scheduled=3000");
  CHECK(Read("redis_zset", {Integer(1), Integer(0), Array({Text("id"), Text("-inf")})}) ==
        "waiting=1000 scheduled=0");
}

TEST_CASE("a sorted set is asked about one moment, and no entry counts twice") {
  const auto commands = System("redis_zset").commands(kQueue, kNow);
  CHECK(commands[0] == RedisCommand{"ZCOUNT", "jobs", "-inf", "1700000000.250"});
  CHECK(commands[1] == RedisCommand{"ZCOUNT", "jobs", "(1700000000.250", "+inf"});
}

TEST_CASE("a stream's group is its lag, its pending, its consumers and its oldest id") {
  const RedisReply pending =
      Array({Integer(4), Text("1699999999000-0"), Text("1700000000000-0"), Array({})});
  const RedisReply nobody = Array({Integer(0), {}, {}, {}});
  const RedisReply known = GroupOf("workers", {Text("lag"), Integer(9)});
  struct Case {
    RedisReply groups, pending;
    std::string expected;
  };
  const Case cases[] = {
      {Array({GroupOf("other"), known}), pending,
       "waiting=9000 active=4000 age=1250 consumers=2000"},
      {Array({known}), nobody, "waiting=9000 active=4000 consumers=2000"},
      {Array({GroupOf("workers", {Text("lag"), RedisReply()})}), pending,
       "active=4000 age=1250 consumers=2000"},
      {Array({GroupOf("workers")}), pending, "active=4000 age=1250 consumers=2000"},
  };
  for (const Case& c : cases) {
    CHECK(Read("redis_stream", {Integer(1), c.groups, c.pending}) == c.expected);
  }
}

TEST_CASE("a stream that is not there is empty; a group that is not is told of") {
  const RedisReply no_key = Error("ERR no such key");
  CHECK(Read("redis_stream", {Integer(0), no_key, Error("NOGROUP No such key")}) ==
        "waiting=0 active=0 consumers=0");
  const std::vector<RedisReply> replies = {Integer(1), Array({GroupOf("other")}),
                                           Error("NOGROUP No such group")};
  const QueueState state = System("redis_stream").read(kQueue, replies, kNow);
  CHECK(Line(state) == "waiting=0 active=0 consumers=0");
  CHECK(state.missing == "stream jobs has no group workers");
}

TEST_CASE("an error or a wrong shape is its kind, in every system") {
  for (const QueueSystem& system : QueueSystems()) {
    CAPTURE(system.name);
    const std::size_t count = system.commands(kQueue, kNow).size();
    const auto kind = [&](const RedisReply& reply) {
      try {
        system.read(kQueue, std::vector<RedisReply>(count, reply), kNow);
      } catch (const CollectError& error) {
        return std::string(Name(error.kind()));
      }
      return std::string("none");
    };
    CHECK(kind(Error("WRONGTYPE Operation against a key")) == "query");
    CHECK(kind(Error("NOPERM no")) == "permission");
    CHECK(kind(Error("LOADING")) == "connect");
    CHECK(kind(Text("7")) == "protocol");
    CHECK(kind(Array({})) == "protocol");
    CHECK(kind(RedisReply()) == "protocol");
  }
}

}  // namespace collectors
