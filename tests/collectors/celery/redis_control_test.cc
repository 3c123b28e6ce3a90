#include "collectors/celery/redis_control.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "tests/support/redis_broker_run.h"

namespace collectors {

using namespace scripted;

namespace {

// Answers what finds out whether all is allowed.
void Allow(Peer& peer) {
  for (const char* command : {"DEL", "EXPIRE", "EXPIRE", "LLEN", "LRANGE"}) {
    peer.Expect("$" + std::to_string(std::string(command).size()) + "\r\n" + command);
  }
  peer.Expect("$1\r\n0\r\n$1\r\n0\r\n");
  peer.Send(":0\r\n:0\r\n:0\r\n:0\r\n*0\r\n");
}

// And what makes the list and its binding, each with its time to live after a
// window of no more than a second.
void MakeList(Peer& peer) {
  Allow(peer);
  peer.Expect("RPUSH");
  peer.Expect("EXPIRE");
  peer.Expect("61\r\n");
  peer.Expect("SADD");
  peer.Expect("_kombu.binding.sidecar-exporter.reply.");
  peer.Expect("EXPIRE");
  peer.Expect("11\r\n");
  peer.Send(":1\r\n:1\r\n:1\r\n:1\r\n");
}

void SendReplySize(Peer& peer, int bytes) {
  peer.Expect("MEMORY\r\n$5\r\nUSAGE\r\n");
  peer.Expect("pidbox\r\n$7\r\nSAMPLES\r\n$1\r\n0\r\n");
  peer.Send(":" + std::to_string(bytes) + "\r\n");
}

// The binding goes first, and the list soon after, whoever may still push onto it.
void Take(Peer& peer, const std::string& replies) {
  SendReplySize(peer, 8 << 20);
  peer.Expect("DEL");
  peer.Expect("_kombu.binding.sidecar-exporter.reply.");
  peer.Expect("LRANGE");
  peer.Expect("-2\r\n");
  peer.Expect("EXPIRE");
  peer.Expect("pidbox\r\n$1\r\n5\r\n");
  peer.Send(":1\r\n" + replies + ":1\r\n");
}

void Removed(Peer& peer) {
  peer.Expect("*3\r\n$3\r\nDEL");
  peer.Expect("_kombu.binding.sidecar-exporter.reply.");
  peer.Expect("pidbox\r\n");
  peer.Expect("pidbox\r\n");
  peer.Send(":2\r\n");
}

void Published(Peer& peer, const std::string& channel, int receivers) {
  peer.Expect("PUBLISH\r\n" + Bulk(channel));
  peer.Expect("}\r\n");
  peer.Send(":" + std::to_string(receivers) + "\r\n");
}

}  // namespace

TEST_CASE("a call ends when all have answered, and leaves nothing that stays") {
  Asked asked({[](Peer& peer) {
    MakeList(peer);
    Published(peer, "/0.celery.pidbox", 1);
    for (const char* length : {":1\r\n", ":2\r\n"}) {
      peer.Expect("LLEN");
      peer.Expect("pidbox\r\n");
      peer.Send(length);
    }
    // It answers an earlier call.
    Take(peer, Array({R"({"body": "{}", "headers": {"ticket": "old"}})"}));
    peer.Mute();
  }});
  CHECK(asked.broker.Call(asked.Context(), {"ping"}, milliseconds(1000)).empty());
}

TEST_CASE("replies that are too large are not read, and removed") {
  Asked asked({[](Peer& peer) {
    MakeList(peer);
    Published(peer, "/0.celery.pidbox", 1);
    peer.Expect("LLEN");
    peer.Expect("pidbox\r\n");
    peer.Send(":2\r\n");
    SendReplySize(peer, (8 << 20) + 1);
    Removed(peer);
    SendDepth(peer, ":0\r\n");
    peer.Mute();
  }});
  try {
    asked.broker.Call(asked.Context(), {"reserved"}, milliseconds(1000));
    FAIL("called");
  } catch (const CollectError& error) {
    CHECK(Name(error.kind()) == "limit");
    CHECK(error.part() == "control");
  }
  CHECK(asked.Read().queues[0].waiting == 0);
}

TEST_CASE("where not all answer in time, nothing stays that a late reply could come to") {
  Asked asked({[](Peer& peer) {
    MakeList(peer);
    Published(peer, "/0.celery.pidbox", 2);
    peer.Expect("LLEN");
    peer.Expect("pidbox\r\n");
    peer.Send(":2\r\n");
    Take(peer, "*0\r\n");
    peer.Mute();
  }});
  const auto start = std::chrono::steady_clock::now();
  asked.broker.Call(asked.Context(), {"ping"}, milliseconds(4));
  CHECK(std::chrono::steady_clock::now() - start >= milliseconds(4));
}

TEST_CASE("with no worker there, nobody is waited for, whichever channel they would hear") {
  Asked asked({[](Peer& peer) {
    MakeList(peer);
    Published(peer, "/0.celery.pidbox", 0);
    Published(peer, "celery.pidbox", 0);
    Take(peer, "*0\r\n");
    peer.Mute();
  }});
  const auto start = std::chrono::steady_clock::now();
  CHECK(asked.broker.Call(asked.Context(), {"ping"}, milliseconds(1000)).empty());
  CHECK(std::chrono::steady_clock::now() - start < milliseconds(900));
}

TEST_CASE("who may not do what a call needs is told so, and leaves nothing behind") {
  const std::string refusal = "-NOPERM this user has no permissions\r\n";
  const struct {
    const char* name;
    FakeServer::Script refuses;
  } cases[] = {
      {"DEL, EXPIRE or LRANGE: nothing has been made",
       [&](Peer& peer) {
         peer.Expect("LRANGE");
         peer.Expect("$1\r\n0\r\n$1\r\n0\r\n");
         peer.Send(":0\r\n" + refusal + refusal + ":0\r\n*0\r\n");
       }},
      {"SADD",
       [&](Peer& peer) {
         Allow(peer);
         peer.Expect("SADD");
         peer.Expect("$2\r\n11\r\n");
         peer.Send(":1\r\n:1\r\n" + refusal + ":0\r\n");
         Removed(peer);
       }},
      {"PUBLISH",
       [&](Peer& peer) {
         MakeList(peer);
         peer.Expect("PUBLISH");
         peer.Expect("}\r\n");
         peer.Send(refusal);
         Removed(peer);
       }},
  };
  for (const auto& c : cases) {
    CAPTURE(std::string(c.name));
    Asked asked({[&c](Peer& peer) {
      c.refuses(peer);
      SendDepth(peer, ":0\r\n");
      peer.Mute();
    }});
    try {
      asked.broker.Call(asked.Context(), {"ping"}, milliseconds(1000));
      FAIL("called");
    } catch (const CollectError& error) {
      CHECK(Name(error.kind()) == "permission");
      CHECK(error.part() == "control");
    }
    CHECK(asked.Read().queues[0].waiting == 0);
  }
}

}  // namespace collectors
