#include "collectors/celery/brokers/redis_heads.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>

#include "tests/support/redis_broker_run.h"

namespace collectors {

using namespace scripted;

TEST_CASE("a list of large messages is not asked for its head, and is weighed again by and by") {
  Asked asked({[](Peer& peer) {
    SendDepth(peer, ":2\r\n");
    SendSizes(peer, ":2097153\r\n");
    for (int i = 0; i < 20; ++i) SendDepth(peer, ":2\r\n");
    SendDepth(peer, ":2\r\n");
    SendSizes(peer, ":2097152\r\n");
    SendHead(peer, Head("small"));
    SendDepth(peer, ":2\r\n");
    SendHead(peer, Head("one that was light is not weighed"));
    peer.Mute();
  }});
  for (int i = 0; i < 21; ++i) {
    const BrokerReading reading = asked.Read();
    CHECK(reading.queues[0].waiting == 2);
    CHECK(!reading.queues[0].knows_heads);
    CHECK(Problems(reading) ==
          "heads limit: lists whose next message is not read: 1; it is larger than 1 MiB, or all "
          "are than 4 MiB\n");
  }
  for (const char* tag : {"small", "one that was light is not weighed"}) {
    const BrokerReading reading = asked.Read();
    CHECK(reading.queues[0].knows_heads);
    CHECK(Problems(reading).empty());
    REQUIRE(reading.queues[0].heads.size() == 1);
    CHECK(reading.queues[0].heads[0].delivery_tag == tag);
  }
}

TEST_CASE("a head that turns out to be too large is not asked for in the next 20 readings") {
  Asked asked({[](Peer& peer) {
    SendDepth(peer, ":1000\r\n");
    // Some servers do not report sizes, and some users may not ask.
    SendSizes(peer, "-ERR unknown command 'MEMORY'\r\n");
    SendHead(peer, Head(std::string(std::size_t{1} << 20, 'x')));
    for (int i = 0; i < 20; ++i) SendDepth(peer, ":1000\r\n");
    SendDepth(peer, ":1000\r\n");
    SendSizes(peer, ":1000000\r\n");
    SendHead(peer, Head("small"));
    peer.Mute();
  }});
  for (int i = 0; i < 21; ++i) {
    const BrokerReading reading = asked.Read();
    CHECK(!reading.queues[0].knows_heads);
    CHECK(reading.queues[0].heads.empty());
    REQUIRE(reading.problems.size() == 1);
    CHECK(Name(reading.problems[0].kind()) == "limit");
  }
  const BrokerReading reading = asked.Read();
  CHECK(reading.queues[0].knows_heads);
  REQUIRE(reading.queues[0].heads.size() == 1);
  CHECK(reading.queues[0].heads[0].delivery_tag == "small");
}

namespace {

Strings QueuesTo(std::size_t count) {
  Strings queues;
  for (std::size_t i = 0; i < count; ++i) queues.push_back("q" + std::to_string(i));
  return queues;
}

// Gives the same answer to `count` commands of this name.
void Answer(Peer& peer, const std::string& command, std::size_t count, const std::string& answer) {
  std::string answers;
  for (std::size_t i = 0; i < count; ++i) {
    peer.Expect(command + "\r\n");
    answers += answer;
  }
  peer.Send(answers);
}

void Lengths(Peer& peer, std::size_t queues) {
  std::string lengths;
  for (std::size_t i = 0; i < queues; ++i) lengths += ":1\r\n";
  SendDepth(peer, lengths);
}

}  // namespace

TEST_CASE("heads are asked one, two, four at a time while they are light, until there is enough") {
  const std::string large = Bulk(Head(std::string(std::size_t{900} << 10, 'x')));
  Asked asked({[&](Peer& peer) {
    Lengths(peer, 20);
    Answer(peer, "MEMORY", 20, ":1000\r\n");
    for (const std::size_t at_once : {1, 2, 4}) Answer(peer, "LINDEX", at_once, large);
    // After these no more heads: the next commands are those of the next reading.
    Lengths(peer, 20);
    peer.Mute();
  }});
  const BrokerReading reading = asked.broker.Read(asked.Context(), QueuesTo(20));
  for (std::size_t i = 0; i < 20; ++i) {
    CAPTURE(i);
    CHECK(reading.queues[i].knows_heads == (i < 7));
    CHECK(reading.queues[i].waiting == 1);
  }
  REQUIRE(reading.problems.size() == 1);
  CHECK(std::string(reading.problems[0].what()).find("not read: 13;") != std::string::npos);
}

TEST_CASE("where new lists cannot be weighed, no head is taken for known") {
  Asked asked({[&](Peer& peer) {
    Lengths(peer, 1);
    Answer(peer, "MEMORY", 1, ":1000\r\n");
    Answer(peer, "LINDEX", 1, Bulk(Head("t")));
    Lengths(peer, 2);
    Answer(peer, "MEMORY", 1, "garbage\r\n");
  }});
  CHECK(asked.broker.Read(asked.Context(), QueuesTo(1)).queues[0].knows_heads);
  const BrokerReading reading = asked.broker.Read(asked.Context(), QueuesTo(2));
  CHECK(!reading.queues[0].knows_heads);
  CHECK(!reading.queues[1].knows_heads);
  REQUIRE(reading.problems.size() == 1);
  CHECK(Name(reading.problems[0].kind()) == "protocol");
}

}  // namespace collectors
