#include "collectors/celery/brokers/redis_unacked.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>

#include "tests/support/redis_broker_run.h"

namespace collectors {

using namespace scripted;

TEST_CASE("many unacknowledged messages are counted and not shared out") {
  Asked asked({[](Peer& peer) {
    SendDepth(peer, ":0\r\n", Unacked(2001));
    peer.Mute();
  }});
  const BrokerReading reading = asked.Read();
  CHECK(reading.unacked == 2001);
  CHECK(!reading.queues[0].unacked);
  CHECK(!reading.queues[0].scheduled);
  CHECK(Problems(reading).empty());
}

TEST_CASE("an unacknowledged message is read once, however long it is held") {
  const std::string message = R"([{}, "", "q"])";
  Asked asked({[&](Peer& peer) {
    SendDepth(peer, ":0\r\n", Unacked(1));
    SendTags(peer, {"one"});
    SendUsage(peer, ":4194304\r\n");
    SendValues(peer, {"one"}, {message});
    SendDepth(peer, ":0\r\n", Unacked(1));
    SendTags(peer, {"one"});
    SendDepth(peer, ":0\r\n", Unacked(2));
    SendTags(peer, {"two", "one"});
    SendUsage(peer, ":4194304\r\n");
    SendValues(peer, {"two"}, {message});
    SendDepth(peer, ":0\r\n", Unacked(1));
    SendTags(peer, {"two"});
    // A message that was gone is read again.
    SendDepth(peer, ":0\r\n", Unacked(1));
    SendTags(peer, {"one"});
    SendUsage(peer, ":4194304\r\n");
    SendValues(peer, {"one"}, {message});
    peer.Mute();
  }});
  for (const double unacked : {1, 1, 2, 1, 1}) {
    const BrokerReading reading = asked.Read();
    CHECK(reading.queues[0].unacked == unacked);
    CHECK(Problems(reading).empty());
  }
}

TEST_CASE("unacknowledged messages are read in portions, and not beyond what a reading may take") {
  constexpr std::size_t kMegabyte = std::size_t{1} << 20;
  const std::string message = R"([{}, "", "q"])";
  Asked asked({[&](Peer& peer) {
    SendDepth(peer, ":0\r\n", Unacked(7));
    SendTags(peer, {"a", "b", "c", "d", "e", "f", "gone"});
    SendUsage(peer, ":10000000\r\n");
    SendSize(peer, "a", 5 * kMegabyte);
    SendSize(peer, "b", kMegabyte / 2);
    SendSize(peer, "c", kMegabyte / 2);
    SendSize(peer, "d", 2 * kMegabyte);
    SendSize(peer, "e", kMegabyte / 2);
    SendSize(peer, "f", kMegabyte);
    SendSize(peer, "gone", 0);
    SendValues(peer, {"b", "c"}, {message, message});
    SendValues(peer, {"d"}, {message});
    SendValues(peer, {"e"}, {message});
    SendDepth(peer, ":0\r\n", Unacked(5));
    SendTags(peer, {"b", "c", "d", "e", "f"});
    // Some servers do not report sizes, and some users may not ask.
    SendUsage(peer, "-ERR unknown command 'MEMORY'\r\n");
    SendSize(peer, "f", kMegabyte);
    SendValues(peer, {"f"}, {message});
    peer.Mute();
  }});
  const BrokerReading first = asked.Read();
  CHECK(!first.queues[0].unacked);
  CHECK(Problems(first) ==
        "unacked limit: 2 of 6 unacknowledged messages are not read, as 4 MiB at a time are: which "
        "queues they are of is not known\n");
  const BrokerReading second = asked.Read();
  CHECK(second.queues[0].unacked == 5);
  CHECK(Problems(second).empty());
}

TEST_CASE("what fails about unacknowledged messages is told for as long as they are left alone") {
  Asked asked({[](Peer& peer) {
                 SendDepth(peer, ":0\r\n", Unacked(1));
                 peer.Expect("HKEYS");
                 peer.Send("$99999999\r\n{");
                 peer.Mute();
               },
               [](Peer& peer) {
                 for (int i = 0; i < 20; ++i) SendDepth(peer, ":0\r\n", Unacked(1));
                 SendDepth(peer, ":0\r\n", Unacked(1));
                 SendTags(peer, {});
                 peer.Mute();
               }});
  for (int i = 0; i < 21; ++i) {
    const BrokerReading reading = asked.Read();
    CHECK(!reading.queues[0].unacked);
    REQUIRE(reading.problems.size() == 1);
    CHECK(Name(reading.problems[0].kind()) == "limit");
    CHECK(reading.problems[0].part() == "unacked");
  }
  CHECK(asked.Read().queues[0].unacked == 0);
}

}  // namespace collectors
