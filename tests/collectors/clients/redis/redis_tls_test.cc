// Failures before a TLS connection is established, without certificates. Certificates are tested
// with a real server: tests/integration/test_redis_faults.py.

#include <doctest/doctest.h>

#include <chrono>
#include <string>

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

struct Outcome {
  ErrorKind kind;
  std::string text;
  milliseconds elapsed;
};

Outcome PingOf(const FakeServer::Script& script, const TlsOptions& tls = {}) {
  FakeServer server(script);
  RedisTarget target;
  target.url =
      SecretSource::Literal("rediss://:hunter2@127.0.0.1:" + std::to_string(server.port()));
  target.tls = tls;
  RedisSession session(target);
  exporter::Watchdog watchdog;
  const auto start = std::chrono::steady_clock::now();
  try {
    session.Command({Deadline::After(milliseconds(400)), watchdog}, {"PING"});
  } catch (const CollectError& error) {
    const auto elapsed = std::chrono::steady_clock::now() - start;
    return {error.kind(), error.what(), std::chrono::duration_cast<milliseconds>(elapsed)};
  }
  return {ErrorKind::kInternal, "answered", {}};
}

// A TLS record that announces a long server hello.
const std::string kRecord("\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb", 9);

}  // namespace

TEST_CASE("a TLS server that is mute, drips or hangs in mid-handshake is a timeout in time") {
  const FakeServer::Script scripts[] = {
      [](Peer& peer) { peer.Mute(); },
      [](Peer& peer) {
        peer.Send(kRecord);
        peer.Mute();
      },
      [](Peer& peer) { peer.Drip(kRecord + std::string(5000, 'x'), milliseconds(40)); },
      [](Peer& peer) { peer.Stall(); },
  };
  for (const auto& script : scripts) {
    const Outcome outcome = PingOf(script);
    CHECK(Name(outcome.kind) == "timeout");
    CHECK(outcome.elapsed >= milliseconds(390));
    CHECK(outcome.elapsed < milliseconds(1500));
  }
}

TEST_CASE("a server that speaks no TLS is a failure to connect that says so") {
  const struct {
    FakeServer::Script script;
    std::string text;
  } cases[] = {
      {[](Peer& peer) { peer.Send("-ERR Protocol error\r\n"); }, "speaks no TLS"},
      {[](Peer& peer) { peer.Send("HTTP/1.1 400 Bad Request\r\n\r\n"); }, "speaks no TLS"},
      {[](Peer&) {}, "closed the connection"},
      {[](Peer& peer) { peer.Reset(); }, "reset by peer"},
      // The bytes are a TLS alert: handshake failure.
      {[](Peer& peer) { peer.Send(std::string("\x15\x03\x03\x00\x02\x02\x28", 7)); },
       "refused the handshake"},
  };
  for (const auto& row : cases) {
    const Outcome outcome = PingOf(row.script);
    CAPTURE(outcome.text);
    CHECK(Name(outcome.kind) == "connect");
    CHECK(outcome.text.find(row.text) != std::string::npos);
    CHECK(outcome.text.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("a file of TLS that cannot be used is a failure to connect that names it") {
  const struct {
    TlsOptions tls;
    std::string text;
  } cases[] = {
      {{.ca_file = "/nowhere/ca.pem"}, "ca_file /nowhere/ca.pem"},
      {{.cert_file = "/nowhere/a.pem", .key_file = "/nowhere/a.key"}, "cert_file /nowhere/a.pem"},
      {{.ca_file = "tests/data/redis/README.md"}, "ca_file tests/data/redis/README.md"},
  };
  for (const auto& row : cases) {
    const Outcome outcome = PingOf([](Peer& peer) { peer.Mute(); }, row.tls);
    CAPTURE(outcome.text);
    CHECK(Name(outcome.kind) == "connect");
    CHECK(outcome.text.find(row.text) != std::string::npos);
  }
}

}  // namespace collectors
