#include "collectors/celery/brokers/redis_control.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "collectors/clients/net/base64.h"
#include "tests/support/redis_broker_run.h"

namespace collectors {

using namespace scripted;

namespace {

const std::string kSep = kSeparator;
const std::string kMailbox = kSep + kSep + "w1@h.celery.pidbox";

// Answers with the bindings of workers and of replies.
void SendBindings(Peer& peer, const Strings& workers, const Strings& replies = {}) {
  peer.Expect("SCARD\r\n" + Bulk("_kombu.binding.celery.pidbox"));
  peer.Expect("SCARD\r\n" + Bulk("_kombu.binding.reply.celery.pidbox"));
  peer.Send(":" + std::to_string(workers.size()) + "\r\n:" + std::to_string(replies.size()) +
            "\r\n");
  peer.Expect("SMEMBERS\r\n" + Bulk("_kombu.binding.celery.pidbox"));
  peer.Expect("SMEMBERS\r\n" + Bulk("_kombu.binding.reply.celery.pidbox"));
  peer.Send(Array(workers) + Array(replies));
}

// Answers the commands that test the permissions.
void Allow(Peer& peer) {
  SendBindings(peer, {kMailbox});
  for (const char* command : {"DEL", "SREM", "EXPIRE", "LLEN", "LRANGE"}) {
    peer.Expect("$" + std::to_string(std::string(command).size()) + "\r\n" + command);
  }
  peer.Expect("$1\r\n0\r\n$1\r\n0\r\n");
  peer.Send(":0\r\n:0\r\n:0\r\n:0\r\n*0\r\n");
}

// Also answers the commands that make the list and then its binding. The list's time to live is 60
// s after a window of at most one second.
void MakeList(Peer& peer) {
  Allow(peer);
  peer.Expect("RPUSH");
  peer.Expect("EXPIRE");
  peer.Expect("61\r\n");
  peer.Expect("SADD\r\n" + Bulk("_kombu.binding.reply.celery.pidbox"));
  peer.Expect(kSep + kSep + "sidecar-exporter-");
  peer.Expect(".reply.celery.pidbox\r\n");
  peer.Send(":1\r\n:1\r\n:1\r\n");
}

void SendReplySize(Peer& peer, int bytes) {
  peer.Expect("MEMORY\r\n$5\r\nUSAGE\r\n");
  peer.Expect("pidbox\r\n$7\r\nSAMPLES\r\n$1\r\n0\r\n");
  peer.Send(":" + std::to_string(bytes) + "\r\n");
}

// The binding is removed at once, and the list expires soon after, even if workers still push onto
// it.
void Take(Peer& peer, const std::string& replies) {
  SendReplySize(peer, 8 << 20);
  peer.Expect("SREM\r\n" + Bulk("_kombu.binding.reply.celery.pidbox"));
  peer.Expect("LRANGE");
  peer.Expect("-2\r\n");
  peer.Expect("EXPIRE");
  peer.Expect("pidbox\r\n$1\r\n5\r\n");
  peer.Send(":1\r\n" + replies + ":1\r\n");
}

void Removed(Peer& peer) {
  peer.Expect("SREM\r\n" + Bulk("_kombu.binding.reply.celery.pidbox"));
  peer.Expect("DEL");
  peer.Expect("pidbox\r\n");
  peer.Send(":1\r\n:1\r\n");
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
    // A reply to an earlier call.
    Take(peer, Array({R"({"body": "{}", "headers": {"ticket": "old"}})"}));
    peer.Mute();
  }});
  CHECK(asked.broker.Call(asked.Context(), {{"ping"}}, milliseconds(1000)).empty());
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
    asked.broker.Call(asked.Context(), {{"reserved"}}, milliseconds(1000));
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
  asked.broker.Call(asked.Context(), {{"ping"}}, milliseconds(4));
  CHECK(std::chrono::steady_clock::now() - start >= milliseconds(4));
}

TEST_CASE("with no mailbox of a worker there, nothing is written and nothing is sent") {
  Asked asked({[](Peer& peer) {
    SendBindings(peer, {});
    SendDepth(peer, ":0\r\n");
    peer.Mute();
  }});
  CHECK(asked.broker.Call(asked.Context(), {{"ping"}}, milliseconds(1000)).empty());
  CHECK(asked.Read().queues[0].waiting == 0);
}

TEST_CASE("nothing is sent to a worker that could fail to reply") {
  const struct {
    const char* name;
    Strings workers;
    Strings replies;
    const char* kind;
    const char* said;
  } cases[] = {
      {"another separator", {"::w1@h.celery.pidbox"}, {}, "protocol", "set sep: \":\""},
      {"one of two", {kMailbox, "::w2@h.celery.pidbox"}, {}, "protocol", "set sep: \":\""},
      {"a binding of replies with another separator",
       {kMailbox},
       {"k" + kSep + kSep + "k.reply.celery.pidbox", "k::k.reply.celery.pidbox"},
       "protocol",
       "holds \"k::k.reply.celery.pidbox\""},
  };
  for (const auto& c : cases) {
    CAPTURE(std::string(c.name));
    Asked asked({[&c](Peer& peer) {
      SendBindings(peer, c.workers, c.replies);
      SendDepth(peer, ":0\r\n");
      peer.Mute();
    }});
    try {
      asked.broker.Call(asked.Context(), {{"ping"}}, milliseconds(1000));
      FAIL("called");
    } catch (const CollectError& error) {
      CHECK(Name(error.kind()) == c.kind);
      CHECK(std::string(error.what()).find(c.said) != std::string::npos);
    }
    CHECK(asked.Read().queues[0].waiting == 0);
  }
}

TEST_CASE("of too many bindings none is read, and nothing is sent") {
  Asked asked({[](Peer& peer) {
    peer.Expect("SCARD");
    peer.Expect("reply.celery.pidbox\r\n");
    peer.Send(":1\r\n:10001\r\n");
    SendDepth(peer, ":0\r\n");
    peer.Mute();
  }});
  try {
    asked.broker.Call(asked.Context(), {{"ping"}}, milliseconds(1000));
    FAIL("called");
  } catch (const CollectError& error) {
    CHECK(Name(error.kind()) == "limit");
  }
  CHECK(asked.Read().queues[0].waiting == 0);
}

TEST_CASE("what killed exporters left is removed, and nothing of others") {
  const std::string left = "k1::sidecar-exporter-1.reply.celery.pidbox";  // With another separator.
  const std::string busy = "k2" + kSep + kSep + "sidecar-exporter-2.reply.celery.pidbox";
  const std::string late = "k3" + kSep + kSep + "sidecar-exporter-3.reply.celery.pidbox";
  const std::string foreign = "oid" + kSep + kSep + "oid.reply.celery.pidbox";
  Asked asked({[&](Peer& peer) {
    SendBindings(peer, {kMailbox}, {left, busy, foreign, late});
    peer.Expect("LINDEX\r\n" + Bulk("sidecar-exporter-1.reply.celery.pidbox"));
    peer.Send("$-1\r\n");
    peer.Expect("SREM\r\n" + Bulk("_kombu.binding.reply.celery.pidbox") + Bulk(left));
    peer.Expect("DEL\r\n" + Bulk("sidecar-exporter-1.reply.celery.pidbox"));
    peer.Send(":1\r\n:0\r\n");
    peer.Expect("LINDEX\r\n" + Bulk("sidecar-exporter-2.reply.celery.pidbox"));
    peer.Send(Bulk("-"));
    peer.Expect("LINDEX\r\n" + Bulk("sidecar-exporter-3.reply.celery.pidbox"));
    peer.Send(Bulk("{}"));
    peer.Expect("SREM\r\n" + Bulk("_kombu.binding.reply.celery.pidbox") + Bulk(late));
    peer.Expect("DEL\r\n" + Bulk("sidecar-exporter-3.reply.celery.pidbox"));
    peer.Send(":1\r\n:1\r\n");
    // The round begins.
    peer.Expect("LRANGE");
    peer.Expect("$1\r\n0\r\n$1\r\n0\r\n");
    peer.Send(":0\r\n:0\r\n:0\r\n:0\r\n-NOPERM\r\n");
    peer.Mute();
  }});
  CHECK_THROWS_AS(asked.broker.Call(asked.Context(), {{"ping"}}, milliseconds(1000)), CollectError);
}

TEST_CASE("where nobody hears, nobody is waited for, whichever channel they would hear") {
  Asked asked({[](Peer& peer) {
    MakeList(peer);
    Published(peer, "/0.celery.pidbox", 0);
    Published(peer, "celery.pidbox", 0);
    Take(peer, "*0\r\n");
    peer.Mute();
  }});
  const auto start = std::chrono::steady_clock::now();
  CHECK(asked.broker.Call(asked.Context(), {{"ping"}}, milliseconds(1000)).empty());
  CHECK(std::chrono::steady_clock::now() - start < milliseconds(900));
}

TEST_CASE("who may not do what a call needs is told so, and leaves nothing behind") {
  const std::string refusal = "-NOPERM this user has no permissions\r\n";
  const struct {
    const char* name;
    FakeServer::Script refuses;
  } cases[] = {
      {"DEL, SREM or EXPIRE: nothing has been made",
       [&](Peer& peer) {
         SendBindings(peer, {kMailbox});
         peer.Expect("LRANGE");
         peer.Expect("$1\r\n0\r\n$1\r\n0\r\n");
         peer.Send(":0\r\n" + refusal + refusal + ":0\r\n*0\r\n");
       }},
      {"SADD",
       [&](Peer& peer) {
         Allow(peer);
         peer.Expect("SADD");
         peer.Expect(".reply.celery.pidbox\r\n");
         peer.Expect(".reply.celery.pidbox\r\n");
         peer.Send(":1\r\n:1\r\n" + refusal);
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
      asked.broker.Call(asked.Context(), {{"ping"}}, milliseconds(1000));
      FAIL("called");
    } catch (const CollectError& error) {
      CHECK(Name(error.kind()) == "permission");
      CHECK(error.part() == "control");
    }
    CHECK(asked.Read().queues[0].waiting == 0);
  }
}

TEST_CASE("of some workers that are asked so many replies are waited for") {
  const std::string other = kSep + kSep + "w2@h.celery.pidbox";
  Asked asked({[&](Peer& peer) {
    SendBindings(peer, {other, kMailbox});
    peer.Expect("$1\r\n0\r\n$1\r\n0\r\n");
    peer.Send(":0\r\n:0\r\n:0\r\n:0\r\n*0\r\n");
    peer.Expect("SADD");
    peer.Expect(".reply.celery.pidbox\r\n");
    peer.Expect(".reply.celery.pidbox\r\n");
    peer.Send(":1\r\n:1\r\n:1\r\n");
    Published(peer, "/0.celery.pidbox", 2);  // All workers hear it.
    peer.Expect("LLEN");
    peer.Expect("pidbox\r\n");
    peer.Send(":2\r\n");
    Take(peer, "*0\r\n");
    peer.Mute();
  }});
  const ControlCall call{{"ping"}, Strings{"w2@h"}};
  CHECK(asked.broker.Call(asked.Context(), call, std::chrono::minutes(1)).empty());
}

TEST_CASE("who listens is counted on all channels, by a call for nobody") {
  Asked asked({[&](Peer& peer) {
    SendBindings(peer, {kSep + kSep + "w2@h.celery.pidbox", kMailbox});
    Published(peer, "/0.celery.pidbox", 1);
    Published(peer, "celery.pidbox", 1);
    SendBindings(peer, {kMailbox});
    Published(peer, "/0.celery.pidbox", 1);
    Published(peer, "celery.pidbox", 0);
    SendBindings(peer, {});
    SendDepth(peer, ":0\r\n");
    peer.Mute();
  }});
  const auto takers = asked.broker.Takers(asked.Context());
  CHECK(takers->workers == Strings{"w1@h", "w2@h"});
  CHECK(takers->listening == 2);
  CHECK(asked.broker.Takers(asked.Context())->listening == 1);
  CHECK(asked.broker.Takers(asked.Context())->listening == 0);
  CHECK(asked.Read().queues[0].waiting == 0);
}

TEST_CASE("a call on a channel that other databases share names its workers") {
  struct Case {
    const char* name;
    Strings prefixes;
    Strings deaf;  // Channels without listeners.
    std::string channel;
    std::string destination;
  };
  const std::string named = R"(["w1@h"])";
  const Case cases[] = {
      {"its own", {"/{db}.", ""}, {}, "/0.celery.pidbox", "null"},
      {"the next one", {"/{db}.", ""}, {"/0.celery.pidbox"}, "celery.pidbox", named},
      {"the usual one, configured without {db}", {"/acme."}, {}, "/acme.celery.pidbox", named},
  };
  for (const Case& c : cases) {
    CAPTURE(std::string(c.name));
    std::string body = R"({"method": "ping", "arguments": {}, "destination": )" + c.destination;
    body.resize(body.size() / 3 * 3);  // The part that is the same in base64.
    FakeServer server([&](Peer& peer) {
      MakeList(peer);
      for (const std::string& channel : c.deaf) Published(peer, channel, 0);
      peer.Expect("PUBLISH\r\n" + Bulk(c.channel));
      peer.Expect(EncodedBase64(body));
      peer.Expect("}\r\n");
      peer.Send(":2\r\n");
      peer.Expect("LLEN");
      peer.Expect("pidbox\r\n");
      peer.Send(":2\r\n");
      Take(peer, "*0\r\n");
      peer.Mute();
    });
    RedisBrokerOptions options = Options();
    options.names.fanout_prefixes = c.prefixes;
    RedisBroker broker(TargetAt(server), options);
    Watchdog watchdog;
    CHECK(
        broker.Call({Deadline::After(milliseconds(5000)), watchdog}, {{"ping"}}, milliseconds(1000))
            .empty());
  }
}

TEST_CASE("a channel that may not be written is tried once") {
  Asked asked({[](Peer& peer) {
    SendBindings(peer, {kMailbox});
    Published(peer, "/0.celery.pidbox", 1);
    peer.Expect("PUBLISH\r\n" + Bulk("celery.pidbox"));
    peer.Expect("}\r\n");
    peer.Send("-NOPERM this user has no permissions\r\n");
    SendBindings(peer, {kMailbox});
    Published(peer, "/0.celery.pidbox", 1);
    SendDepth(peer, ":0\r\n");
    peer.Mute();
  }});
  for (int look = 0; look < 2; ++look) CHECK(asked.broker.Takers(asked.Context())->listening == 1);
  CHECK(asked.Read().queues[0].waiting == 0);
}

}  // namespace collectors
