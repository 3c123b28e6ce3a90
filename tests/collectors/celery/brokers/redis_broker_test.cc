#include "collectors/celery/brokers/redis_broker.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "tests/support/redis_broker_run.h"

namespace collectors {

using namespace scripted;

TEST_CASE("a reading is lengths, heads, and what is unacknowledged") {
  Asked asked({[](Peer& peer) {
    SendDepth(peer, ":3\r\n", Unacked(2));
    SendSizes(peer, ":3000\r\n");
    SendHead(peer, Head("t"));
    SendTags(peer, {"one", "two"});
    SendUsage(peer, ":400\r\n");
    SendValues(peer, {"one", "two"},
               {R"([{}, "", "q"])", R"([{"headers": {"eta": "2999-01-01T00:00:00Z"}}, "", "q"])"});
    peer.Mute();
  }});
  const BrokerReading reading = asked.Read();
  REQUIRE(reading.queues.size() == 1);
  const QueueReading& queue = reading.queues[0];
  CHECK(queue.name == "q");
  CHECK(queue.waiting == 3);
  CHECK(queue.unacked == 2);
  CHECK(queue.scheduled == 1);
  CHECK(!queue.consumers);
  CHECK(queue.knows_heads);
  REQUIRE(queue.heads.size() == 1);
  CHECK(queue.heads[0].delivery_tag == "t");
  CHECK(reading.unacked == 2);
  REQUIRE(reading.oldest_unacked_age_seconds);
  CHECK(*reading.oldest_unacked_age_seconds > 9e7);
  CHECK(reading.overdue == 1);
  CHECK(reading.problems.empty());
}

TEST_CASE("an idle queue is zero in one pipeline") {
  Asked asked({[](Peer& peer) {
    SendDepth(peer, ":0\r\n");
    peer.Mute();
  }});
  const BrokerReading reading = asked.Read();
  REQUIRE(reading.queues.size() == 1);
  CHECK(reading.queues[0].waiting == 0);
  CHECK(reading.queues[0].unacked == 0);
  CHECK(reading.queues[0].scheduled == 0);
  CHECK(reading.problems.empty());
}

TEST_CASE("what fails after the lengths costs its part alone, and in time") {
  const struct {
    const char* name;
    FakeServer::Script heads;  // Answers LINDEX.
    const char* kind;
  } cases[] = {
      {"mute", [](Peer& peer) { peer.Mute(); }, "timeout"},
      {"reset", [](Peer& peer) { peer.Reset(); }, "connect"},
      {"cut", [](Peer& peer) { peer.Send("$900\r\n{"); }, "connect"},
      {"garbage", [](Peer& peer) { peer.Send("garbage\r\n"); }, "protocol"},
      {"too large", [](Peer& peer) { peer.Send("$99999999\r\n{"); }, "limit"},
      {"refused",
       [](Peer& peer) {
         peer.Send("-NOPERM no\r\n");
         peer.Mute();
       },
       "permission"},
  };
  for (const auto& c : cases) {
    CAPTURE(std::string(c.name));
    const auto heads = [&c](Peer& peer) {
      peer.Expect("LINDEX");
      peer.Expect("-1\r\n");
      c.heads(peer);
    };
    Asked asked({[&heads](Peer& peer) {
                   SendDepth(peer, ":7\r\n");
                   SendSizes(peer, ":7000\r\n");
                   heads(peer);
                 },
                 [&heads](Peer& peer) { heads(peer); }});
    const auto start = std::chrono::steady_clock::now();
    const BrokerReading reading = asked.Read(milliseconds(1500));
    CHECK(std::chrono::steady_clock::now() - start < milliseconds(1500));
    REQUIRE(reading.queues.size() == 1);
    CHECK(reading.queues[0].waiting == 7);
    CHECK(reading.queues[0].unacked == 0);
    CHECK(!reading.queues[0].knows_heads);
    REQUIRE(reading.problems.size() == 1);
    CHECK(Name(reading.problems[0].kind()) == c.kind);
    CHECK(reading.problems[0].part() == "heads");
  }
}

TEST_CASE("a server that may not be asked at all is a failure with its kind") {
  Asked asked({[](Peer& peer) {
    const std::string refusal = "-NOAUTH Authentication required.\r\n";
    SendDepth(peer, refusal, refusal + refusal + refusal);
    peer.Mute();
  }});
  try {
    asked.Read();
    FAIL("read");
  } catch (const CollectError& error) {
    CHECK(Name(error.kind()) == "auth");
  }
}

TEST_CASE("queues are found in steps, from their bindings alone") {
  Asked asked({[](Peer& peer) {
    peer.Expect("SCAN\r\n$1\r\n0\r\n$5\r\nMATCH\r\n$16\r\n_kombu.binding.*\r\n");
    peer.Expect("1000\r\n");
    peer.Send("*2\r\n" + Bulk("17") + Array({"_kombu.binding.celeryev", "_kombu.binding.celery"}));
    peer.Expect("*2\r\n$5\r\nSCARD\r\n$21\r\n_kombu.binding.celery\r\n");
    peer.Send(":1\r\n");
    peer.Expect("*2\r\n$8\r\nSMEMBERS\r\n$21\r\n_kombu.binding.celery\r\n");
    peer.Send(
        Array({"celery\x06\x16\x06\x16"
               "celery"}));
    peer.Expect("SCAN\r\n$2\r\n17\r\n");
    peer.Expect("1000\r\n");
    peer.Send("*2\r\n" + Bulk("0") +
              Array({"_kombu.binding.vast", "_kombu.binding.celery.pidbox", "_kombu.binding.x"}));
    peer.Expect("*2\r\n$5\r\nSCARD\r\n$19\r\n_kombu.binding.vast\r\n");
    peer.Expect("*2\r\n$5\r\nSCARD\r\n$16\r\n_kombu.binding.x\r\n");
    peer.Send(":1000000\r\n:2\r\n");
    peer.Expect("*2\r\n$8\r\nSMEMBERS\r\n$16\r\n_kombu.binding.x\r\n");
    peer.Send(Array({"\x06\x16\x06\x16x", "\x06\x16\x06\x16w1@box.celery.pidbox"}));
    SendDepth(peer, ":0\r\n");
    peer.Mute();
  }});
  CHECK(asked.broker.FindQueues(asked.Context()) == Strings{"celery", "x"});
  CHECK(Problems(asked.Read()) ==
        "discovery limit: exchanges whose bindings are not all read: 1; there are more than "
        "10000 bindings, or too many patterns\n");
}

TEST_CASE("a walk begins again where another server answers, and what was known stays") {
  const auto first = [](Peer& peer) {
    peer.Expect("1000\r\n");
    peer.Send("*2\r\n" + Bulk("0") + Array({"_kombu.binding.a"}));
    peer.Expect("_kombu.binding.a\r\n");
    peer.Send(":1\r\n");
    peer.Expect("_kombu.binding.a\r\n");
    peer.Send(Array({"\x06\x16\x06\x16old"}));
    peer.Expect("1000\r\n");
    peer.Send("*2\r\n" + Bulk("99") + Array({}));
    peer.Expect("1000\r\n");
    peer.Send("-ERR invalid cursor\r\n");
  };
  const auto second = [](Peer& peer) {
    peer.Expect("SCAN\r\n$2\r\n99\r\n");
    peer.Expect("1000\r\n");
    peer.Send("*2\r\n" + Bulk("0") + Array({}));
    peer.Expect("SCAN\r\n$1\r\n0\r\n");
    peer.Expect("1000\r\n");
    peer.Send("*2\r\n" + Bulk("0") + Array({"_kombu.binding.b"}));
    peer.Expect("_kombu.binding.b\r\n");
    peer.Send(":1\r\n");
    peer.Expect("_kombu.binding.b\r\n");
    peer.Send(Array({"\x06\x16\x06\x16new"}));
    peer.Mute();
  };
  Asked asked({first, second});
  CHECK(asked.broker.FindQueues(asked.Context()) == Strings{"old"});
  try {
    asked.broker.FindQueues(asked.Context());
    FAIL("found");
  } catch (const CollectError& error) {
    CHECK(Name(error.kind()) == "query");
    CHECK(error.part() == "discovery");
  }
  CHECK(asked.broker.FindQueues(asked.Context()) == Strings{"new"});
}

}  // namespace collectors
