#include "collectors/celery/brokers/amqp_broker.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/support/amqp_calls.h"
#include "tests/support/amqp_wire.h"
#include "tests/support/fake_server.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::Watchdog;
using std::chrono::milliseconds;
using testing::FakeServer;
using Peer = FakeServer::Peer;
namespace amqp = testing::amqp;

void FindControlExchange(Peer& peer) {
  peer.Expect(amqp::Id(AMQP_EXCHANGE_DECLARE_METHOD));
  peer.Expect("celery.pidbox");
  peer.Send(amqp::Say(1, AMQP_EXCHANGE_DECLARE_OK_METHOD));
}

// Lets a broker declare its queue for replies, "mine".
void LetCall(Peer& peer) {
  amqp::LetIn(peer);
  amqp::OpenChannel(peer, 1);
  FindControlExchange(peer);
  amqp::OpenChannel(peer, 2);
  peer.Expect(amqp::Id(AMQP_QUEUE_DECLARE_METHOD));
  peer.Send(amqp::DeclareOk(2, "mine", 0, 0));
  peer.Expect(amqp::Id(AMQP_BASIC_CONSUME_METHOD));
  peer.Send(amqp::ConsumeOk());
  peer.Expect(amqp::Id(AMQP_EXCHANGE_DECLARE_METHOD));
  peer.Expect("reply.celery.pidbox");
  peer.Send(amqp::Say(1, AMQP_EXCHANGE_DECLARE_OK_METHOD));
  peer.Expect(amqp::Id(AMQP_QUEUE_BIND_METHOD));
  peer.Expect("reply.celery.pidbox");
  peer.Send(amqp::Say(2, AMQP_QUEUE_BIND_OK_METHOD));
}

void ExpectCall(Peer& peer, const std::string& method, const std::string& ticket) {
  peer.Expect(amqp::Id(AMQP_BASIC_PUBLISH_METHOD));
  peer.Expect("celery.pidbox");
  peer.Expect("\"" + method + "\"");
  peer.Expect("\"" + ticket + "\"");
  peer.Expect("\"reply.celery.pidbox\"");
  peer.Expect("\"mine\"");
}

std::string Reply(const std::string& ticket, const std::string& body) {
  return amqp::Delivery({{{"ticket", ticket}}, body});
}

}  // namespace

TEST_CASE("each queue has its depth and its consumers, or its own problem") {
  FakeServer server([](Peer& peer) {
    amqp::LetIn(peer);
    amqp::OpenChannel(peer, 1);
    peer.Expect(std::string("\x04") + "mail");
    peer.Send(amqp::DeclareOk(1, "jobs", 5, 2) + amqp::CloseChannel(1, 404, "NOT_FOUND"));
    amqp::OpenChannel(peer, 1);
    peer.Send(amqp::CloseChannel(1, 405, "RESOURCE_LOCKED"));
    amqp::OpenChannel(peer, 1);
    peer.Expect(std::string("\x04") + "mail");
    peer.Send(amqp::DeclareOk(1, "mail", 0, 0));
    amqp::Part(peer);
  });
  AmqpBroker broker(TargetAt(server));
  Watchdog watchdog;
  const BrokerReading reading =
      broker.Read(Within(2000, watchdog), {"jobs", "none", "locked", "mail"});
  REQUIRE(reading.queues.size() == 2);
  CHECK(reading.queues[0].name == "jobs");
  CHECK(reading.queues[0].waiting == 5.0);
  CHECK(reading.queues[0].consumers == 2.0);
  CHECK_FALSE(reading.queues[0].knows_heads);
  CHECK_FALSE(reading.queues[0].unacked);
  CHECK(reading.queues[1].name == "mail");
  CHECK(reading.queues[1].waiting == 0.0);
  REQUIRE(reading.problems.size() == 2);
  CHECK(reading.problems[0].part() == "none");
  CHECK(reading.problems[0].kind() == ErrorKind::kMissing);
  CHECK(std::string(reading.problems[0].what())
            .ends_with("NOT_FOUND (a worker declares it when it first starts)"));
  CHECK(reading.problems[1].part() == "locked");
  CHECK(reading.problems[1].kind() == ErrorKind::kPermission);
}

TEST_CASE("a broker without queues is asked all the same whether it answers") {
  FakeServer server([](Peer& peer) {
    amqp::LetIn(peer);
    amqp::OpenChannel(peer, 1);
    peer.Expect("amq.direct");
    peer.Send(amqp::Say(1, AMQP_EXCHANGE_DECLARE_OK_METHOD));
    peer.Mute();
  });
  AmqpBroker broker(TargetAt(server));
  Watchdog watchdog;
  CHECK(broker.Read(Within(2000, watchdog), {}).queues.empty());
  try {
    broker.Read(Within(200, watchdog), {});
    FAIL("answered");
  } catch (const CollectError& error) {
    CHECK(error.kind() == ErrorKind::kTimeout);
  }
}

TEST_CASE("replies are those to this call, each with its method") {
  FakeServer server([](Peer& peer) {
    LetCall(peer);
    ExpectCall(peer, "ping", "1");
    ExpectCall(peer, "stats", "2");
    peer.Send(Reply("2", "{\"w1@h\": {}}") + Reply("1", "{\"w1@h\": 1}") + Reply("3", "{}") +
              Reply("x", "{}") + amqp::Delivery({{}, "{}"}));
    FindControlExchange(peer);
    ExpectCall(peer, "active", "3");
    peer.Send(Reply("1", "{\"late@h\": 1}") + Reply("3", "{\"w2@h\": []}"));
    amqp::Part(peer);
  });
  AmqpBroker broker(TargetAt(server));
  Watchdog watchdog;
  const std::vector<ControlReply> first =
      broker.Call(Within(2000, watchdog), {{"ping", "stats"}}, milliseconds(200));
  REQUIRE(first.size() == 2);
  CHECK(first[0].method == "stats");
  CHECK(first[0].body == "{\"w1@h\": {}}");
  CHECK(first[0].content_type == "application/json");
  CHECK(first[1].method == "ping");
  const std::vector<ControlReply> second =
      broker.Call(Within(2000, watchdog), {{"active"}}, milliseconds(200));
  REQUIRE(second.size() == 1);
  CHECK(second[0].method == "active");
  CHECK(second[0].body == "{\"w2@h\": []}");
}

TEST_CASE("where no worker has ever run, nobody replies") {
  FakeServer server([](Peer& peer) {
    amqp::LetIn(peer);
    amqp::OpenChannel(peer, 1);
    peer.Expect("celery.pidbox");
    peer.Send(amqp::CloseChannel(1, 404, "NOT_FOUND - no exchange 'celery.pidbox'"));
    amqp::Part(peer);
  });
  AmqpBroker broker(TargetAt(server));
  Watchdog watchdog;
  CHECK(broker.Call(Within(2000, watchdog), {{"ping"}}, milliseconds(500)).empty());
}

TEST_CASE("an exchange of replies that nobody has declared yet is looked for again") {
  FakeServer server([](Peer& peer) {
    amqp::LetIn(peer);
    amqp::OpenChannel(peer, 1);
    FindControlExchange(peer);
    amqp::OpenChannel(peer, 2);
    peer.Send(amqp::DeclareOk(2, "mine", 0, 0));
    peer.Expect(amqp::Id(AMQP_BASIC_CONSUME_METHOD));
    peer.Send(amqp::ConsumeOk());
    peer.Expect("reply.celery.pidbox");
    peer.Send(amqp::CloseChannel(1, 404, "NOT_FOUND - no exchange 'reply.celery.pidbox'"));
    ExpectCall(peer, "ping", "1");
    amqp::OpenChannel(peer, 1);
    FindControlExchange(peer);
    peer.Expect("reply.celery.pidbox");
    peer.Send(amqp::Say(1, AMQP_EXCHANGE_DECLARE_OK_METHOD));
    peer.Expect(amqp::Id(AMQP_QUEUE_BIND_METHOD));
    peer.Send(amqp::Say(2, AMQP_QUEUE_BIND_OK_METHOD));
    ExpectCall(peer, "ping", "2");
    peer.Send(Reply("2", "{}"));
    amqp::Part(peer);
  });
  AmqpBroker broker(TargetAt(server));
  Watchdog watchdog;
  CHECK(broker.Call(Within(2000, watchdog), {{"ping"}}, milliseconds(100)).empty());
  CHECK(broker.Call(Within(2000, watchdog), {{"ping"}}, milliseconds(200)).size() == 1);
}

TEST_CASE("the silence of a broker that lets nobody publish is not that of its workers") {
  amqp_connection_blocked_t blocked = {};
  blocked.reason = AmqpBytes("low on memory");
  FakeServer server([&](Peer& peer) {
    LetCall(peer);
    ExpectCall(peer, "ping", "1");
    peer.Send(amqp::Say(0, AMQP_CONNECTION_BLOCKED_METHOD, blocked));
    amqp::Part(peer);
  });
  AmqpBroker broker(TargetAt(server));
  Watchdog watchdog;
  for (int i = 0; i < 2; ++i) {
    try {
      broker.Call(Within(2000, watchdog), {{"ping"}}, milliseconds(100));
      FAIL("called");
    } catch (const CollectError& error) {
      CHECK(error.kind() == ErrorKind::kConnect);
      CHECK(std::string(error.what()).find("lets nobody publish") != std::string::npos);
    }
  }
}

TEST_CASE("a lost connection costs one call, and the next has a new queue for its replies") {
  FakeServer server({[](Peer& peer) {
                       LetCall(peer);
                       ExpectCall(peer, "ping", "1");
                     },
                     [](Peer& peer) {
                       LetCall(peer);
                       ExpectCall(peer, "ping", "2");
                       peer.Send(Reply("2", "{}"));
                       amqp::Part(peer);
                     }});
  AmqpBroker broker(TargetAt(server));
  Watchdog watchdog;
  try {
    broker.Call(Within(2000, watchdog), {{"ping"}}, milliseconds(500));
    FAIL("called");
  } catch (const CollectError& error) {
    CHECK(error.kind() == ErrorKind::kConnect);
  }
  CHECK(broker.Call(Within(2000, watchdog), {{"ping"}}, milliseconds(200)).size() == 1);
}

TEST_CASE("a queue for replies that may not be read from is not left behind") {
  FakeServer server([](Peer& peer) {
    amqp::LetIn(peer);
    amqp::OpenChannel(peer, 1);
    FindControlExchange(peer);
    amqp::OpenChannel(peer, 2);
    peer.Send(amqp::DeclareOk(2, "mine", 0, 0));
    peer.Expect(amqp::Id(AMQP_BASIC_CONSUME_METHOD));
    peer.Send(amqp::CloseChannel(2, 403, "ACCESS_REFUSED"));
    amqp::Part(peer);
  });
  AmqpBroker broker(TargetAt(server));
  Watchdog watchdog;
  for (int i = 0; i < 2; ++i) {
    try {
      broker.Call(Within(2000, watchdog), {{"ping"}}, milliseconds(500));
      FAIL("called");
    } catch (const CollectError& error) {
      CHECK(error.kind() == ErrorKind::kPermission);
    }
  }
}

}  // namespace collectors
