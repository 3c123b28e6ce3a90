#include "collectors/clients/net/stream.h"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <functional>
#include <string>

#include "tests/support/fake_server.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using exporter::Watchdog;
using std::chrono::milliseconds;
using testing::FakeServer;

// Returns the kind of error that ends reading from a server with this script.
ErrorKind KindOfRead(const FakeServer::Script& script, milliseconds budget) {
  FakeServer server(script);
  Watchdog watchdog;
  const CollectContext context{Deadline::After(budget), watchdog};
  try {
    Stream stream = Stream::Connect(context, "127.0.0.1", server.port());
    stream.Write(context, "hello");
    std::array<char, 16> buffer;
    while (true) stream.Read(context, buffer);
  } catch (const CollectError& error) {
    return error.kind();
  }
}

}  // namespace

TEST_CASE("a stream carries bytes both ways") {
  FakeServer server([](FakeServer::Peer& peer) {
    peer.Expect("ping");
    peer.Send("pong");
    peer.Mute();
  });
  Watchdog watchdog;
  const CollectContext context{Deadline::After(milliseconds(5000)), watchdog};
  Stream stream = Stream::Connect(context, "localhost", server.port());
  stream.Write(context, "ping");
  std::array<char, 16> buffer;
  std::string got;
  while (got.size() < 4) got.append(buffer.data(), stream.Read(context, buffer));
  CHECK(got == "pong");
}

TEST_CASE("a stream that ends, is reset, is mute or drips tells it by the deadline") {
  struct Case {
    FakeServer::Script script;
    ErrorKind kind;
  };
  const Case cases[] = {
      {[](FakeServer::Peer& peer) { peer.Expect("hello"); }, ErrorKind::kConnect},
      {[](FakeServer::Peer& peer) { peer.Reset(); }, ErrorKind::kConnect},
      {[](FakeServer::Peer& peer) { peer.Mute(); }, ErrorKind::kTimeout},
      {[](FakeServer::Peer& peer) { peer.Drip(std::string(1000, 'x'), milliseconds(20)); },
       ErrorKind::kTimeout},
  };
  for (const Case& c : cases) {
    const auto start = std::chrono::steady_clock::now();
    CHECK(KindOfRead(c.script, milliseconds(300)) == c.kind);
    const auto elapsed = std::chrono::steady_clock::now() - start;
    CHECK(elapsed < milliseconds(1500));
    if (c.kind == ErrorKind::kTimeout) CHECK(elapsed >= milliseconds(290));
  }
}

TEST_CASE("what came while the process was stopped is read, however late") {
  FakeServer server([](FakeServer::Peer& peer) {
    peer.Send("before");
    peer.Expect("go on");
    peer.Send("after");
    peer.Mute();
  });
  Watchdog watchdog;
  const CollectContext context{Deadline::After(milliseconds(5000)), watchdog};
  Stream stream = Stream::Connect(context, "127.0.0.1", server.port());
  std::array<char, 16> buffer;
  REQUIRE(stream.ReadUntil(context, Deadline::After(milliseconds(4000)), {buffer.data(), 1}) == 1);
  const auto ago = [](int ms) {
    return Deadline::At(std::chrono::steady_clock::now() - milliseconds(ms));
  };
  // As if the process had been stopped for some seconds during a wait of one second.
  const CollectContext late{ago(2000), watchdog};
  CHECK(stream.ReadUntil(late, ago(3000), buffer) == 5);
  CHECK(stream.ReadUntil(late, ago(3000), buffer) == 0);
  stream.Write(context, "go on");
  CHECK(stream.ReadUntil(context, Deadline::After(milliseconds(4000)), buffer) == 5);
}

TEST_CASE("a stream that nobody answers to is a failure to connect, told at once") {
  std::uint16_t port = 0;
  {
    FakeServer server([](FakeServer::Peer&) {});
    port = server.port();
  }
  Watchdog watchdog;
  const CollectContext context{Deadline::After(milliseconds(5000)), watchdog};
  const std::function<void()> attempts[] = {
      [&] { Stream::Connect(context, "127.0.0.1", port); },
      [&] { Stream::Connect(context, "no-such-host.invalid", port); },
      [&] { Stream::ConnectUnix(context, "/nowhere/redis.sock"); },
      [&] { Stream::ConnectUnix(context, std::string(200, 'x')); },
  };
  for (const auto& attempt : attempts) {
    try {
      attempt();
      FAIL("connected");
    } catch (const CollectError& error) {
      CHECK(error.kind() == ErrorKind::kConnect);
    }
  }
  CHECK_FALSE(context.deadline.Expired());
}

TEST_CASE("a server that takes no bytes costs the deadline, not more") {
  FakeServer server([](FakeServer::Peer& peer) { peer.Stall(); });
  Watchdog watchdog;
  const CollectContext context{Deadline::After(milliseconds(300)), watchdog};
  Stream stream = Stream::Connect(context, "127.0.0.1", server.port());
  try {
    while (true) stream.Write(context, std::string(1 << 20, 'x'));
  } catch (const CollectError& error) {
    CHECK(error.kind() == ErrorKind::kTimeout);
  }
  const auto late = std::chrono::steady_clock::now() - context.deadline.when();
  CHECK(late < milliseconds(1000));
}

}  // namespace collectors
