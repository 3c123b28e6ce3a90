#include "collectors/celery/brokers/redis_depth.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::Deadline;
using Type = RedisReply::Type;
using Replies = std::vector<RedisReply>;

constexpr double kNow = 1800000000;

RedisReply Integer(long long number) { return {Type::kInteger, "", number, {}}; }
RedisReply Text(const std::string& text) { return {Type::kString, text, 0, {}}; }
RedisReply Error(const std::string& text) { return {Type::kError, text, 0, {}}; }
RedisReply Array(Replies items) { return {Type::kArray, "", 0, std::move(items)}; }

// Two lists for each queue: enough to test that they are added up.
RedisNames Names() {
  RedisNames names;
  names.priority_steps = {0, 9};
  return names;
}

// Adds HLEN, ZRANGE and ZCOUNT of a broker without unacknowledged messages.
Replies With(Replies lengths) {
  lengths.insert(lengths.end(), {Integer(0), Array({}), Integer(0)});
  return lengths;
}

std::string Unacked(const std::string& exchange, const std::string& key, const char* eta = "") {
  return R"([{"headers": {"eta": ")" + std::string(eta) + R"("}}, ")" + exchange + R"(", ")" + key +
         R"("])";
}

BrokerReading ReadingOf(const std::vector<std::string>& queues) {
  BrokerReading reading;
  for (const std::string& name : queues) {
    QueueReading queue;
    queue.name = name;
    reading.queues.push_back(queue);
  }
  return reading;
}

UnackedMessages Messages(const std::vector<std::string>& values) {
  UnackedMessages messages;
  for (const std::string& value : values) {
    messages.emplace("tag" + std::to_string(messages.size()), ReadUnackedMessage(value));
  }
  return messages;
}

// "unacked/scheduled" of each queue; "-" if absent.
std::string SharesOf(const BrokerReading& reading) {
  std::string text;
  for (const QueueReading& queue : reading.queues) {
    text += queue.name + "=" + (queue.unacked ? std::to_string(int(*queue.unacked)) : "-") + "/" +
            (queue.scheduled ? std::to_string(int(*queue.scheduled)) : "-") + " ";
  }
  return text;
}

}  // namespace

TEST_CASE("a reading has as many commands for a full broker as for an empty one") {
  const auto commands = DepthCommands(Names(), {"a", "b"}, std::chrono::hours(1), 1800003600.25);
  REQUIRE(commands.size() == 7);
  CHECK(commands[3] == RedisCommand{"LLEN",
                                    "b\x06\x16"
                                    "9"});
  CHECK(commands[4] == RedisCommand{"HLEN", "unacked"});
  CHECK(commands[5] == RedisCommand{"ZRANGE", "unacked_index", "0", "0", "WITHSCORES"});
  CHECK(commands[6] == RedisCommand{"ZCOUNT", "unacked_index", "-inf", "(1800000000.250"});
}

TEST_CASE("the lengths of a queue's lists are added up, and an idle queue has zero") {
  const auto depth =
      ReadDepth(Names(), {"a", "b"}, With({Integer(5), Integer(2), Integer(0), Integer(0)}), kNow);
  REQUIRE(depth.reading.queues.size() == 2);
  CHECK(depth.reading.queues[0].waiting == 7);
  CHECK(depth.reading.queues[1].waiting == 0);
  CHECK(depth.reading.unacked == 0);
  CHECK(depth.reading.oldest_unacked_age_seconds == 0);
  CHECK(depth.reading.overdue == 0);
  CHECK(depth.reading.problems.empty());
  REQUIRE(depth.lists.size() == 2);
  CHECK(depth.lists[1].queue == 0);
}

TEST_CASE("a queue that cannot be read is left out with its reason, and harms no other") {
  const auto depth = ReadDepth(Names(), {"a", "b"},
                               With({Integer(5), Error("ERR odd"), Integer(3), Integer(0)}), kNow);
  REQUIRE(depth.reading.queues.size() == 1);
  CHECK(depth.reading.queues[0].name == "b");
  REQUIRE(depth.lists.size() == 1);
  CHECK(depth.lists[0].queue == 0);
  CHECK(depth.lists[0].key == "b");
  REQUIRE(depth.reading.problems.size() == 1);
  CHECK(depth.reading.problems[0].part() == "a");
  CHECK(Name(depth.reading.problems[0].kind()) == "query");
}

TEST_CASE("another program's key of a queue's name is no queue") {
  const std::string wrong = "WRONGTYPE Operation against a key holding the wrong kind of value";
  const auto depth = ReadDepth(Names(), {"a", "b"},
                               With({Error(wrong), Error(wrong), Integer(3), Integer(0)}), kNow);
  REQUIRE(depth.reading.queues.size() == 1);
  CHECK(depth.reading.queues[0].name == "b");
  REQUIRE(depth.reading.problems.size() == 1);
  CHECK(depth.reading.problems[0].part() == "a");
  CHECK(Name(depth.reading.problems[0].kind()) == "missing");
}

TEST_CASE("a time of delivery that is none is a problem and no age") {
  for (const char* score : {"-1e300", "-inf", "0", "7999"}) {
    CAPTURE(std::string(score));
    const auto depth =
        ReadDepth(Names(), {}, {Integer(1), Array({Text("tag"), Text(score)}), Integer(0)}, kNow);
    CHECK(!depth.reading.oldest_unacked_age_seconds);
    REQUIRE(depth.reading.problems.size() == 1);
    CHECK(Name(depth.reading.problems[0].kind()) == "protocol");
  }
}

TEST_CASE("what may not be known of unacknowledged messages is absent with its reason") {
  const auto depth = ReadDepth(
      Names(), {"a"},
      {Integer(0), Integer(0), Error("NOPERM no"), Array({Text("tag"), Text("nan")}), Text("5")},
      kNow);
  CHECK(depth.reading.queues.size() == 1);
  CHECK(!depth.reading.unacked);
  CHECK(!depth.reading.oldest_unacked_age_seconds);
  CHECK(!depth.reading.overdue);
  REQUIRE(depth.reading.problems.size() == 3);
  const char* kinds[] = {"permission", "protocol", "protocol"};
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(Name(depth.reading.problems[i].kind()) == kinds[i]);
    CHECK(depth.reading.problems[i].part() == "unacked");
  }
}

TEST_CASE("the oldest unacknowledged message has the age of its delivery, never below zero") {
  for (const auto& [score, age] : {std::pair("1799999990.5", 9.5), std::pair("1800000001", 0.0)}) {
    const auto depth =
        ReadDepth(Names(), {}, {Integer(1), Array({Text("tag"), Text(score)}), Integer(0)}, kNow);
    CHECK(depth.reading.oldest_unacked_age_seconds == age);
  }
}

TEST_CASE("a server that refuses everything is no reading") {
  const Replies loading(5, Error("LOADING Redis is loading the dataset in memory"));
  try {
    ReadDepth(Names(), {"a"}, loading, kNow);
    FAIL("read");
  } catch (const CollectError& error) {
    CHECK(Name(error.kind()) == "connect");
  }
}

TEST_CASE("heads are those of lists that still hold a message of Celery") {
  BrokerReading reading = ReadingOf({"a", "b", "c"});
  for (QueueReading& queue : reading.queues) queue.knows_heads = true;
  const std::string message = R"({"headers": {"id": "u"}, "properties": {"delivery_tag": "t"}})";
  const struct {
    WaitingList list;
    RedisReply reply;
  } heads[] = {{{0, "a", 1}, Text(message)},
               {{0, "a9", 1}, Text("foreign")},
               {{1, "b", 1}, RedisReply()},
               {{2, "c", 1}, Error("NOPERM no")},
               {{2, "c9", 1}, Error("NOPERM no")}};
  for (const auto& head : heads) ReadHead(head.list, head.reply, reading);
  REQUIRE(reading.queues[0].heads.size() == 1);
  CHECK(reading.queues[0].heads[0].uuid == "u");
  CHECK(reading.queues[1].heads.empty());
  CHECK(reading.queues[1].knows_heads);
  CHECK(!reading.queues[2].knows_heads);
  REQUIRE(reading.problems.size() == 1);
  CHECK(Name(reading.problems[0].kind()) == "permission");
  CHECK(reading.problems[0].part() == "heads");
}

TEST_CASE("unacknowledged messages are shared out by where they were sent") {
  RedisBindings bindings{RedisNames{}};
  bindings.Add("direct", "key\x06\x16\x06\x16queue");
  bindings.Add("copies", "key\x06\x16\x06\x16one");
  bindings.Add("copies", "key\x06\x16\x06\x16two");
  // One pattern too many; the last is of this exchange.
  for (int i = 0; i <= 256; ++i) {
    bindings.Add(i < 256 ? "topic" : "vast", "k\x06\x16^" + std::to_string(i) + "$\x06\x16q");
  }
  bindings.EndWalk();
  const char* const later = "2030-01-01T00:00:00+00:00";
  const struct {
    const char* name;
    std::vector<std::string> values;
    const char* shares;
    const char* problem = "";
  } cases[] = {
      {"nothing", {}, "celery=0/0 queue=0/0 one=0/0 "},
      {"the default exchange", {Unacked("", "celery")}, "celery=1/0 queue=0/0 one=0/0 "},
      {"an exchange that is bound", {Unacked("direct", "key")}, "celery=0/0 queue=1/0 one=0/0 "},
      {"Celery's own exchange", {Unacked("celery", "celery")}, "celery=1/0 queue=0/0 one=0/0 "},
      {"an eta to come", {Unacked("", "celery", later)}, "celery=1/1 queue=0/0 one=0/0 "},
      {"an eta that is past",
       {Unacked("", "celery", "2020-01-01T00:00:00+00:00")},
       "celery=1/0 queue=0/0 one=0/0 "},
      {"a queue that was not asked for", {Unacked("", "x")}, "celery=0/0 queue=0/0 one=0/0 "},
      {"a binding that has gone", {Unacked("gone", "key")}, "celery=0/0 queue=0/0 one=0/0 "},
      {"copies to several queues", {Unacked("copies", "key")}, "celery=0/0 queue=0/0 one=-/- "},
      {"no message",
       {Unacked("", "celery"), "foreign"},
       "celery=-/- queue=-/- one=-/- ",
       "protocol: which queues unacknowledged messages are of is not known: 1 of 2 are none of "
       "Celery's"},
      {"an exchange that is cut",
       {Unacked("vast", "celery")},
       "celery=-/- queue=-/- one=-/- ",
       "limit: which queues unacknowledged messages are of is not known: 1 of 1 came by exchanges "
       "whose bindings have not been read"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    BrokerReading reading = ReadingOf({"celery", "queue", "one"});
    ShareUnacked(Messages(c.values), bindings, {kNow, Deadline::After(std::chrono::hours(1))},
                 reading);
    CHECK(SharesOf(reading) == c.shares);
    std::string problem;
    for (const CollectError& each : reading.problems) {
      CHECK(each.part() == "unacked");
      problem += std::string(Name(each.kind())) + ": " + each.what();
    }
    CHECK(problem == c.problem);
  }
}

TEST_CASE("before the bindings are known, a message of an exchange may be of any queue") {
  RedisBindings bindings{RedisNames{}};
  BrokerReading reading = ReadingOf({"celery"});
  ShareUnacked(Messages({Unacked("", "celery"), Unacked("direct", "key")}), bindings,
               {kNow, Deadline::After(std::chrono::hours(1))}, reading);
  CHECK(SharesOf(reading) == "celery=-/- ");
  REQUIRE(reading.problems.size() == 1);
  CHECK(Name(reading.problems[0].kind()) == "limit");
  CHECK(std::string(reading.problems[0].what()).find("1 of 2") != std::string::npos);
}

TEST_CASE("finding the queues of unacknowledged messages ends with the time for it") {
  RedisBindings bindings{RedisNames{}};
  BrokerReading reading = ReadingOf({"celery"});
  ShareUnacked(Messages({Unacked("", "celery")}), bindings,
               {kNow, Deadline::After(std::chrono::milliseconds(0))}, reading);
  CHECK(SharesOf(reading) == "celery=-/- ");
  REQUIRE(reading.problems.size() == 1);
  CHECK(Name(reading.problems[0].kind()) == "timeout");
}

}  // namespace collectors
