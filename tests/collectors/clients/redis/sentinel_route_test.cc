#include "collectors/clients/redis/sentinel_route.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "collectors/clients/redis/redis_session.h"
#include "tests/support/fake_server.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using exporter::SecretSource;
using std::chrono::milliseconds;
using testing::FakeServer;
using Peer = FakeServer::Peer;

std::string Bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

// A sentinel's answer that names the master.
std::string AddressOf(const FakeServer& master) {
  return "*2\r\n" + Bulk("127.0.0.1") + Bulk(std::to_string(master.port()));
}

// Answers each question for a master in turn, and then repeats the last answer.
FakeServer::Script Sentinel(std::vector<std::string> answers) {
  return [answers](Peer& peer) {
    for (std::size_t i = 0;; ++i) {
      peer.Expect("shop\r\n");
      peer.Send(answers[std::min(i, answers.size() - 1)]);
    }
  };
}

// Answers ROLE at the beginning, then each PING.
FakeServer::Script Server(const std::string& role, const std::string& pong) {
  return [=](Peer& peer) {
    peer.Expect("ROLE\r\n");
    peer.Send(role.starts_with('-') ? role : "*1\r\n" + Bulk(role));
    while (true) {
      peer.Expect("PING\r\n");
      peer.Send(Bulk(pong));
    }
  };
}

RedisTarget Watching(const std::vector<const FakeServer*>& sentinels) {
  std::string hosts;
  for (const FakeServer* sentinel : sentinels) {
    hosts +=
        (hosts.empty() ? "" : ",") + std::string("127.0.0.1:") + std::to_string(sentinel->port());
  }
  RedisTarget target;
  target.url = SecretSource::Literal("redis-sentinel://" + hosts + "/0?sentinelMasterId=shop");
  return target;
}

// Returns the answer to the PING of one run, or the kind and the text of its failure.
std::string PingOf(RedisSession& session, milliseconds budget = milliseconds(5000)) {
  exporter::Watchdog watchdog;
  try {
    return session.Command({Deadline::After(budget), watchdog}, {"PING"}).text;
  } catch (const CollectError& error) {
    return std::string(Name(error.kind())) + ": " + error.what();
  }
}

}  // namespace

TEST_CASE("the master that a sentinel names is asked, and followed when it changes") {
  FakeServer first(Server("master", "first"));
  FakeServer second(Server("master", "second"));
  FakeServer sentinel(Sentinel({AddressOf(first), AddressOf(first), AddressOf(second)}));
  RedisSession session(Watching({&sentinel}));
  CHECK(PingOf(session) == "first");
  CHECK(PingOf(session) == "first");
  CHECK(PingOf(session) == "second");
  CHECK(PingOf(session) == "second");
}

TEST_CASE("a collection asks the sentinels once") {
  FakeServer master(Server("master", "pong"));
  // If the sentinel were asked twice, its second answer would not be an address.
  FakeServer sentinel(Sentinel({AddressOf(master), "*0\r\n"}));
  RedisSession session(Watching({&sentinel}));
  exporter::Watchdog watchdog;
  const exporter::CollectContext collection{Deadline::After(milliseconds(5000)), watchdog};
  for (int i = 0; i < 3; ++i) CHECK(session.Command(collection, {"PING"}).text == "pong");
}

TEST_CASE("a sentinel that is mute takes its share of the time, and the next one answers") {
  FakeServer master(Server("master", "pong"));
  FakeServer mute([](Peer& peer) { peer.Mute(); });
  FakeServer sentinel(Sentinel({AddressOf(master)}));
  RedisSession session(Watching({&mute, &sentinel}));
  const auto start = std::chrono::steady_clock::now();
  CHECK(PingOf(session, milliseconds(2000)) == "pong");
  CHECK(std::chrono::steady_clock::now() - start < milliseconds(1500));
  // From now on the sentinel that answered is asked first.
  CHECK(PingOf(session, milliseconds(300)) == "pong");
}

TEST_CASE("what the sentinels name must hold itself for a master") {
  FakeServer replica(Server("slave", "pong"));
  FakeServer sentinel(Sentinel({AddressOf(replica)}));
  RedisSession session(Watching({&sentinel}));
  const std::string said = PingOf(session);
  CAPTURE(said);
  CHECK(said.starts_with("connect: 127.0.0.1:" + std::to_string(replica.port())));
  CHECK(said.find("no master of shop") != std::string::npos);
}

TEST_CASE("a sentinel that names no master is asked after the others the next time") {
  FakeServer master(Server("master", "pong"));
  FakeServer replica(Server("slave", "pong"));
  FakeServer cut_off(Sentinel({AddressOf(replica)}));
  FakeServer sentinel(Sentinel({AddressOf(master)}));
  RedisSession session(Watching({&cut_off, &sentinel}));
  CHECK(PingOf(session).starts_with("connect: "));
  CHECK(PingOf(session) == "pong");
  CHECK(PingOf(session) == "pong");
}

TEST_CASE("a master that does not tell its role is believed") {
  FakeServer master(Server("-NOPERM this user has no permissions\r\n", "pong"));
  FakeServer sentinel(Sentinel({AddressOf(master)}));
  RedisSession session(Watching({&sentinel}));
  CHECK(PingOf(session) == "pong");
}

TEST_CASE("sentinels that know no such master, want a password or talk nonsense say so") {
  const struct {
    std::string answer;
    std::string said;
  } cases[] = {
      {"*-1\r\n", "missing: sentinel 127.0.0.1:"},
      {"-NOAUTH Authentication required.\r\n", "auth: sentinel 127.0.0.1:"},
      {"*2\r\n$1\r\nh\r\n$5\r\n99999\r\n", "protocol: sentinel 127.0.0.1:"},
      {":1\r\n", "protocol: sentinel 127.0.0.1:"},
  };
  for (const auto& row : cases) {
    FakeServer sentinel(Sentinel({row.answer}));
    RedisSession session(Watching({&sentinel}));
    const std::string said = PingOf(session);
    CAPTURE(said);
    CHECK(said.starts_with(row.said));
  }
}

TEST_CASE("without a sentinel a kept master is still asked, as long as it is one") {
  for (const std::string role : {"master", "slave"}) {
    CAPTURE(role);
    FakeServer master([role](Peer& peer) {
      peer.Expect("ROLE\r\n");
      peer.Send("*1\r\n" + Bulk("master"));
      peer.Expect("PING\r\n");
      peer.Send(Bulk("pong"));
      peer.Expect("ROLE\r\n");
      peer.Send("*1\r\n" + Bulk(role));
      peer.Expect("PING\r\n");
      peer.Send(Bulk("pong"));
      peer.Mute();
    });
    FakeServer sentinel({[&master](Peer& peer) {
                           peer.Expect("shop\r\n");
                           peer.Send(AddressOf(master));
                         },
                         [](Peer& peer) { peer.Reset(); }});
    RedisSession session(Watching({&sentinel}));
    CHECK(PingOf(session) == "pong");
    const std::string said = PingOf(session, milliseconds(1000));
    CAPTURE(said);
    CHECK((said == "pong") == (role == "master"));
  }
}

}  // namespace collectors
