#include "collectors/celery/brokers/amqp_event_feed.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/amqp_calls.h"
#include "tests/support/amqp_wire.h"
#include "tests/support/fake_server.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::Watchdog;
using testing::FakeServer;
using Peer = FakeServer::Peer;
namespace amqp = testing::amqp;

// Lets a feed subscribe to the exchange.
void LetSubscribe(Peer& peer) {
  amqp::LetIn(peer);
  amqp::OpenChannel(peer, 1);
  peer.Expect(amqp::Id(AMQP_EXCHANGE_DECLARE_METHOD));
  peer.Send(amqp::Say(1, AMQP_EXCHANGE_DECLARE_OK_METHOD));
  amqp::OpenChannel(peer, 2);
  peer.Expect(amqp::Id(AMQP_QUEUE_DECLARE_METHOD));
  peer.Expect("x-message-ttl");
  peer.Expect("x-max-length");
  peer.Send(amqp::DeclareOk(2, "mine", 0, 0));
  peer.Expect(amqp::Id(AMQP_QUEUE_BIND_METHOD));
  peer.Expect(
      "mine\x08"
      "celeryev\x01#");
  peer.Send(amqp::Say(2, AMQP_QUEUE_BIND_OK_METHOD));
  peer.Expect(amqp::Id(AMQP_BASIC_CONSUME_METHOD));
}

}  // namespace

TEST_CASE("a feed hands over all events that have come, also those with its subscription") {
  FakeServer server([](Peer& peer) {
    LetSubscribe(peer);
    peer.Send(amqp::ConsumeOk() + amqp::Delivery({{}, "1"}) + amqp::Delivery({{}, "2"}) +
              AmqpHeartbeatFrame() + amqp::Delivery({{}, "3"}));
    amqp::Part(peer);
  });
  AmqpEventFeed feed(TargetAt(server), "celeryev");
  CHECK(feed.wrapping() == Wrapping::kPlain);
  Watchdog watchdog;
  feed.Open(Within(2000, watchdog));
  std::vector<std::string> events;
  const auto take = [&](std::string_view event, std::string_view) { events.emplace_back(event); };
  while (events.size() < 3) feed.Read(Within(2000, watchdog), take);
  CHECK(events == std::vector<std::string>{"1", "2", "3"});
  feed.Read(Within(50, watchdog), take);
  CHECK(events.size() == 3);
}

TEST_CASE("a feed asks how many events its queue has, and has caught up if there are none") {
  FakeServer server([](Peer& peer) {
    LetSubscribe(peer);
    peer.Send(amqp::ConsumeOk());
    for (const int waiting : {7, 0}) {
      peer.Expect(amqp::Id(AMQP_QUEUE_DECLARE_METHOD));
      peer.Expect("mine");
      peer.Send(amqp::Delivery({{}, "1"}) + amqp::DeclareOk(2, "mine", waiting, 1));
    }
    amqp::Part(peer);
  });
  AmqpEventFeed feed(TargetAt(server), "celeryev");
  Watchdog watchdog;
  feed.Open(Within(2000, watchdog));
  const exporter::SteadyTime opened = feed.caught_up();
  std::size_t events = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (feed.caught_up() == opened && std::chrono::steady_clock::now() < end)
    feed.Read(Within(50, watchdog), [&](std::string_view, std::string_view) { ++events; });
  CHECK(events == 2);
  CHECK(feed.caught_up() > opened);
  CHECK(feed.TakeLoss() == exporter::SteadyTime::duration::zero());
}

TEST_CASE("an exchange that nobody has declared is missing, and the feed can be opened later") {
  FakeServer server({[](Peer& peer) {
                       amqp::LetIn(peer);
                       amqp::OpenChannel(peer, 1);
                       peer.Expect(amqp::Id(AMQP_EXCHANGE_DECLARE_METHOD));
                       peer.Send(amqp::CloseChannel(1, 404, "NOT_FOUND - no exchange 'celeryev'"));
                       amqp::Part(peer);
                     },
                     [](Peer& peer) {
                       LetSubscribe(peer);
                       peer.Send(amqp::ConsumeOk());
                       amqp::Part(peer);
                     }});
  AmqpEventFeed feed(TargetAt(server), "celeryev");
  Watchdog watchdog;
  try {
    feed.Open(Within(2000, watchdog));
    FAIL("opened");
  } catch (const CollectError& error) {
    CHECK(error.kind() == ErrorKind::kMissing);
    CHECK(std::string_view(error.what()).ends_with("nobody has sent an event yet"));
  }
  feed.Open(Within(2000, watchdog));
}

TEST_CASE("a queue that is refused is a matter of rights, and the right is named") {
  FakeServer server([](Peer& peer) {
    amqp::LetIn(peer);
    amqp::OpenChannel(peer, 1);
    peer.Send(amqp::Say(1, AMQP_EXCHANGE_DECLARE_OK_METHOD));
    amqp::OpenChannel(peer, 2);
    peer.Expect(amqp::Id(AMQP_QUEUE_DECLARE_METHOD));
    peer.Send(amqp::CloseChannel(2, 403, "ACCESS_REFUSED"));
    amqp::Part(peer);
  });
  AmqpEventFeed feed(TargetAt(server), "celeryev");
  Watchdog watchdog;
  try {
    feed.Open(Within(2000, watchdog));
    FAIL("opened");
  } catch (const CollectError& error) {
    CHECK(error.kind() == ErrorKind::kPermission);
    CHECK(std::string_view(error.what())
              .ends_with("ACCESS_REFUSED: needs the right to configure amq.gen*"));
  }
}

TEST_CASE(
    "a feed whose consumer is cancelled or whose connection broke throws until it is opened") {
  amqp_basic_cancel_t cancel = {};
  cancel.consumer_tag = AmqpBytes("t");
  for (const std::string& end : {amqp::Say(2, AMQP_BASIC_CANCEL_METHOD, cancel), std::string()}) {
    FakeServer server([&](Peer& peer) {
      LetSubscribe(peer);
      peer.Send(amqp::ConsumeOk() + end);
    });
    AmqpEventFeed feed(TargetAt(server), "celeryev");
    Watchdog watchdog;
    for (int i = 0; i < 2; ++i) {
      feed.Open(Within(2000, watchdog));
      for (int j = 0; j < 2; ++j) {
        try {
          feed.Read(Within(2000, watchdog), [](std::string_view, std::string_view) {});
          FAIL("read");
        } catch (const CollectError& error) {
          CHECK(error.kind() == ErrorKind::kConnect);
        }
      }
    }
  }
}

}  // namespace collectors
