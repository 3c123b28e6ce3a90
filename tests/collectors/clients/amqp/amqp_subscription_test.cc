#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "collectors/clients/amqp/amqp_session.h"
#include "tests/support/amqp_calls.h"
#include "tests/support/amqp_wire.h"
#include "tests/support/fake_server.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using exporter::SecretSource;
using exporter::Watchdog;
using std::chrono::milliseconds;
using testing::FakeServer;
using Peer = FakeServer::Peer;
namespace amqp = testing::amqp;

void Listen(const CollectContext& context, AmqpSession& session) {
  session.Consume(context, session.DeclareOwnQueue(context, std::chrono::seconds(5), 100));
}

}  // namespace

TEST_CASE("messages are read whole, and none by the deadline is no failure") {
  FakeServer server([](Peer& peer) {
    amqp::LetListen(peer);
    peer.Send(amqp::Delivery({{{"ticket", "7"}}, std::string(10000, 'b')}));
    peer.Send(AmqpHeartbeatFrame() + amqp::Delivery({{}, "{}"}));
    amqp::Part(peer);
  });
  AmqpSession session(TargetAt(server));
  Watchdog watchdog;
  const auto soon = [&](int ms) {
    return CollectContext{Deadline::After(milliseconds(ms)), watchdog};
  };
  Listen(soon(1000), session);
  const std::optional<AmqpMessage> first = session.Next(soon(1000));
  REQUIRE(first);
  CHECK(first->headers == AmqpMessage{{{"ticket", "7"}}, ""}.headers);
  CHECK(first->body == std::string(10000, 'b'));
  const std::optional<AmqpMessage> second = session.Next(soon(1000));
  REQUIRE(second);
  CHECK(second->body == "{}");
  CHECK_FALSE(session.Next(soon(50)));
  CHECK_FALSE(session.Next(soon(0)));
  CHECK(session.connections() == 1);
}

TEST_CASE("a subscription that ends says why") {
  struct Case {
    const char* name;
    std::string bytes;
    ErrorKind kind;
  };
  amqp_basic_cancel_t cancel = {};
  cancel.consumer_tag = AmqpBytes("t");
  const std::string delivery = amqp::Delivery({{}, "{}"});
  const Case cases[] = {
      {"cancelled", amqp::Say(2, AMQP_BASIC_CANCEL_METHOD, cancel), ErrorKind::kConnect},
      {"its channel closed", amqp::CloseChannel(2, 404, "NOT_FOUND"), ErrorKind::kMissing},
      {"stopped", amqp::CloseConnection(320, "CONNECTION_FORCED"), ErrorKind::kConnect},
      {"cut", delivery.substr(0, delivery.size() - 2), ErrorKind::kConnect},
      {"a message too large",
       delivery.substr(0, delivery.find("\x3C") + 4) + std::string(60, '\xFF'),
       ErrorKind::kProtocol},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    FakeServer server([&](Peer& peer) {
      amqp::LetListen(peer);
      peer.Send(c.bytes);
    });
    AmqpSession session(TargetAt(server));
    const Outcome outcome = Try(milliseconds(1000), [&](const CollectContext& context) {
      Listen(context, session);
      session.Next(context);
    });
    CHECK(outcome.kind == c.kind);
    CHECK(Try(milliseconds(100), [&](const CollectContext& context) {
            session.Next(context);
          }).kind == ErrorKind::kConnect);
  }
}

TEST_CASE("a server that is silent for two heartbeats is left, and hears ours meanwhile") {
  FakeServer server([](Peer& peer) {
    amqp::LetListen(peer);
    for (int i = 0; i < 3; ++i) peer.Expect(AmqpHeartbeatFrame());
    peer.Mute();
  });
  AmqpSession session(TargetAt(server, std::chrono::seconds(1)));
  const Outcome outcome = Try(std::chrono::seconds(10), [&](const CollectContext& context) {
    Listen(context, session);
    session.Next(context);
  });
  CHECK(outcome.kind == ErrorKind::kTimeout);
  CHECK(outcome.text.find("nothing for 2 s") != std::string::npos);
  CHECK(outcome.elapsed >= milliseconds(1900));
  CHECK(outcome.elapsed < milliseconds(4000));
}

TEST_CASE("a server that sends heartbeats is not left") {
  FakeServer server([](Peer& peer) {
    amqp::LetListen(peer);
    while (true) {
      peer.Expect(AmqpHeartbeatFrame());
      peer.Send(AmqpHeartbeatFrame());
    }
  });
  AmqpSession session(TargetAt(server, std::chrono::seconds(1)));
  const Outcome outcome = Try(milliseconds(2500), [&](const CollectContext& context) {
    Listen(context, session);
    CHECK_FALSE(session.Next(context));
  });
  CHECK(outcome.text == "no failure");
}

TEST_CASE("a blocked publisher is told at once, and keeps its connection until it may go on") {
  amqp_connection_blocked_t blocked = {};
  blocked.reason = AmqpBytes("low on memory");
  FakeServer server([&](Peer& peer) {
    amqp::LetListen(peer);
    peer.Expect("{}");
    peer.Send(amqp::Say(0, AMQP_CONNECTION_BLOCKED_METHOD, blocked) +
              amqp::Delivery({{}, "after"}));
    peer.Expect(AmqpHeartbeatFrame());
    peer.Send(amqp::Say(0, AMQP_CONNECTION_UNBLOCKED_METHOD) + amqp::Delivery({{}, "later"}));
    amqp::Part(peer);
  });
  AmqpSession session(TargetAt(server, std::chrono::seconds(2)));
  const auto publish = [&] {
    return Try(milliseconds(1000), [&](const CollectContext& context) {
      session.Publish(context, "celery.pidbox", "", {{}, "{}"});
    });
  };
  const auto next = [&](const CollectContext& context) { CHECK(session.Next(context)); };
  CHECK(Try(milliseconds(1000), [&](const CollectContext& context) {
          Listen(context, session);
        }).text == "no failure");
  CHECK(publish().text == "no failure");
  CHECK(Try(milliseconds(1000), next).text == "no failure");
  const Outcome outcome = publish();
  CHECK(outcome.kind == ErrorKind::kConnect);
  CHECK(outcome.text.find("lets nobody publish") != std::string::npos);
  CHECK(outcome.elapsed < milliseconds(100));
  CHECK(Try(milliseconds(3000), next).text == "no failure");
  CHECK(publish().text == "no failure");
  CHECK(session.connections() == 1);
}

TEST_CASE("a goodbye is said, and waits for nobody long") {
  FakeServer server({[](Peer& peer) {
                       amqp::LetIn(peer);
                       amqp::OpenChannel(peer, 1);
                       peer.Send(amqp::DeclareOk(1, "jobs", 0, 0));
                       amqp::Part(peer);
                     },
                     [](Peer& peer) {
                       amqp::LetIn(peer);
                       amqp::OpenChannel(peer, 1);
                       peer.Send(amqp::DeclareOk(1, "jobs", 0, 0));
                       peer.Mute();
                     }});
  AmqpSession session(TargetAt(server));
  for (const milliseconds longest : {milliseconds(150), milliseconds(400)}) {
    CHECK(Declare(session).text == "no failure");
    const Outcome outcome = Try(milliseconds(0), [&](const CollectContext&) { session.Close(); });
    CHECK(outcome.elapsed < longest);
  }
  CHECK(session.connections() == 2);
}

}  // namespace collectors
