#include "exporter/http/health_probe.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "exporter/http/listening_socket.h"
#include "tests/support/fake_server.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using testing::FakeServer;
using Peer = FakeServer::Peer;

constexpr std::string_view kHealthy = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhealthy\n";

std::string Probed(FakeServer::Script script, std::string host = "127.0.0.1") {
  FakeServer server(std::move(script));
  return ProbeHealth({std::move(host), server.port()}, Deadline::After(5s));
}

FakeServer::Script Answer(std::string_view bytes) {
  return [bytes](Peer& peer) {
    peer.Expect("\r\n\r\n");
    peer.Send(bytes);
  };
}

}  // namespace

TEST_CASE("an exporter that answers 200 is healthy, also on all interfaces") {
  for (const std::string host : {"127.0.0.1", "", "0.0.0.0", "localhost"}) {
    CAPTURE(host);
    CHECK(Probed(Answer(kHealthy), host) == "");
  }
  CHECK(Probed([](Peer& peer) {
          peer.Expect("GET /-/healthy HTTP/1.1\r\n");
          peer.Drip(kHealthy, 1ms);
        }) == "");
}

TEST_CASE("any other answer is a reason") {
  struct {
    std::string_view answer;
    std::string reason;
  } const cases[] = {
      {"HTTP/1.1 503 Service Unavailable\r\n\r\n", "the answer has the status 503"},
      {"HTTP/1.1 20", "the connection was closed without an answer"},
      {"", "the connection was closed without an answer"},
      {"SSH-2.0-OpenSSH_9.2p1\r\n", "the answer is not HTTP"},
  };
  for (const auto& [answer, reason] : cases) CHECK(Probed(Answer(answer)) == reason);
  CHECK(Probed([](Peer& peer) { peer.Reset(); }) != "");
}

TEST_CASE("a port that nobody listens on is a reason") {
  int port = 0;
  {
    const ListeningSocket freed({"127.0.0.1", 0});
    port = freed.Port();
  }
  CHECK(ProbeHealth({"127.0.0.1", port}, Deadline::After(5s)) == "Connection refused");
}

TEST_CASE("a server that is mute or drips costs no more than the deadline") {
  const std::vector<FakeServer::Script> scripts = {
      [](Peer& peer) { peer.Mute(); },
      [](Peer& peer) { peer.Drip("HTTP/1.1 200 OK\r\n", 50ms); },
  };
  for (const auto& script : scripts) {
    FakeServer server(script);
    const auto start = std::chrono::steady_clock::now();
    CHECK(ProbeHealth({"127.0.0.1", server.port()}, Deadline::After(200ms)) == "no answer in time");
    const auto took = std::chrono::steady_clock::now() - start;
    CHECK(took >= 200ms);
    CHECK(took < 1s);
  }
}

}  // namespace exporter
