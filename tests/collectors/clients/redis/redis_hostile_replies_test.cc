// A malicious Redis, or a broken proxy: its answers are refused in time, and before they cost
// memory.

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <string>
#include <utility>

#include "collectors/clients/redis/redis_session.h"
#include "tests/support/fake_server.h"
#include "tests/support/redis_target_at.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::Deadline;
using exporter::Watchdog;
using std::chrono::milliseconds;
using testing::FakeServer;
using Peer = FakeServer::Peer;

constexpr milliseconds kBudget(5000);
constexpr std::size_t kMebibyte = std::size_t{1} << 20;

// Returns the most memory that the process has held since ForgetPeakRss().
std::size_t PeakRss() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::size_t kibibytes = 0;
    if (word == "VmHWM:" && status >> kibibytes) return kibibytes << 10;
  }
  FAIL("no VmHWM");
  return 0;
}
// If a container forbids it, growth counts from the highest peak so far.
void ForgetPeakRss() { std::ofstream("/proc/self/clear_refs") << 5; }

struct Outcome {
  std::string kind = "answered";
  std::string text;
  milliseconds elapsed{};
  std::size_t grown = 0;  // The most bytes of memory added.
};

FakeServer::Script Answer(std::function<void(Peer&)> answer) {
  return [answer = std::move(answer)](Peer& peer) {
    peer.Expect("PING\r\n");
    answer(peer);
  };
}

Outcome Ping(RedisSession& session) {
  Watchdog watchdog;
  Outcome outcome;
  ForgetPeakRss();
  const std::size_t before = PeakRss();
  const auto start = std::chrono::steady_clock::now();
  try {
    session.Command({Deadline::After(kBudget), watchdog}, {"PING"});
  } catch (const CollectError& error) {
    outcome.kind = Name(error.kind());
    outcome.text = error.what();
  }
  const auto elapsed = std::chrono::steady_clock::now() - start;
  outcome.elapsed = std::chrono::duration_cast<milliseconds>(elapsed);
  outcome.grown = std::max(PeakRss(), before) - before;
  return outcome;
}

// Sends one PING to a server that answers with the script.
Outcome PingOf(const std::function<void(Peer&)>& answer) {
  FakeServer server(Answer(answer));
  RedisSession session(TargetAt(server));
  return Ping(session);
}

// Sends `begin`, then repeats `more` until the client leaves.
auto Endless(const std::string& begin, const std::string& more) {
  return [begin, more](Peer& peer) {
    peer.Send(begin);
    while (true) peer.Send(more);
  };
}

std::string Repeated(std::size_t times, const std::string& text) {
  std::string all;
  all.reserve(times * text.size());
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("an endless or absurd answer is refused soon and without the memory") {
  // Created before memory is measured: the server's thread belongs to this process.
  const std::string piece(64 << 10, 'x');
  const std::string digits(64 << 10, '0');
  const std::string numbers = Repeated(8 << 10, ":1\r\n");
  const std::string statuses = Repeated(8 << 10, "+OK\r\n");
  const std::string arrays = Repeated(8 << 10, "*0\r\n");
  const std::string deep = Repeated(100'000, "*1\r\n");
  struct Case {
    std::string name;
    std::function<void(Peer&)> answer;
    std::string kind = "protocol";
  };
  const Case cases[] = {
      {"a string of 512 MB", Endless("$536870912\r\n", piece), "limit"},
      {"a string of 600 MB", Endless("$629145600\r\n", piece), "limit"},
      {"a string of 2^63 - 1", Endless("$9223372036854775807\r\n", piece), "limit"},
      {"a string of 2^63", Endless("$9223372036854775808\r\n", piece)},
      {"a string of 600 MB within an array", Endless("*2\r\n:1\r\n$629145600\r\n", piece), "limit"},
      {"an array of 2^31 - 1", Endless("*2147483647\r\n", numbers), "limit"},
      {"an array of 2^31", Endless("*2147483648\r\n", numbers)},
      {"an array of 2^63", Endless("*9223372036854775808\r\n", numbers)},
      {"arrays that are empty, without an end", Endless("*262144\r\n*262144\r\n", arrays), "limit"},
      {"arrays nine deep", Endless(Repeated(9, "*1\r\n"), numbers)},
      {"arrays 100,000 deep", Endless(deep, deep)},
      {"arrays 100,000 deep that are wide",
       Endless(Repeated(10, "*200000\r\n"), Repeated(1000, "*200000\r\n")), "limit"},
      {"a status without an end", Endless("+", piece)},
      {"an error without an end", Endless("-ERR ", piece)},
      {"a number without an end", Endless(":", digits)},
      {"a string's length without an end", Endless("$", digits)},
      {"an array's length without an end", Endless("*", digits)},
      {"a status without an end within an array", Endless("*5\r\n:1\r\n+", piece)},
      {"line feeds alone", Endless("+", Repeated(64 << 10, "\n"))},
      {"carriage returns alone", Endless("+", Repeated(64 << 10, "\r"))},
      {"a RESP3 number", Endless(",nan\r\n", piece)},
      {"a RESP3 truth", Endless("#t\r\n", piece)},
      {"a RESP3 null", Endless("_\r\n", piece)},
      {"a RESP3 number without an end", Endless("(", digits)},
      {"a RESP3 text without an end", Endless("=536870912\r\ntxt:", piece)},
      {"a RESP3 push without an end", Endless(">262144\r\n", numbers)},
      {"RESP3 maps 100,000 deep", Endless("", Repeated(100'000, "%1\r\n+a\r\n"))},
      {"a RESP3 set within an array", Endless("*2\r\n:1\r\n~262144\r\n", numbers)},
      {"no type at all", Endless("", piece)},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    const Outcome outcome = PingOf(c.answer);
    CAPTURE(outcome.text);
    CHECK(outcome.kind == c.kind);
    CHECK(outcome.text.size() < 200);
    CHECK(outcome.elapsed < milliseconds(1000));
    CHECK(outcome.grown < 8 * kMebibyte);
  }
}

TEST_CASE("an answer that fills its bounds costs what they say, and no more") {
  const std::string piece(64 << 10, 'x');
  const std::string numbers = Repeated(8 << 10, ":1\r\n");
  struct Case {
    std::string name;
    std::function<void(Peer&)> answer;
  };
  const Case cases[] = {
      {"the longest string, cut",
       [&piece](Peer& peer) {
         peer.Send("$16777000\r\n");
         for (int i = 0; i < 250; ++i) peer.Send(piece);
       }},
      {"the widest array, cut",
       [&numbers](Peer& peer) {
         peer.Send("*131072\r\n");
         for (int i = 0; i < 15; ++i) peer.Send(numbers);
       }},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    const Outcome outcome = PingOf(c.answer);
    CAPTURE(outcome.text);
    CHECK(outcome.kind == "connect");
    CHECK(outcome.elapsed < kBudget);
    CHECK(outcome.grown < 40 * kMebibyte);
  }
}

TEST_CASE("more replies than were asked for end the connection, and cost no memory") {
  const std::string statuses = Repeated(8 << 10, "+PONG\r\n");
  FakeServer server(Answer(Endless("", statuses)));
  RedisSession session(TargetAt(server));
  CHECK(Ping(session).kind == "answered");
  int refused = 0;
  for (int i = 0; i < 10; ++i) {
    const Outcome outcome = Ping(session);
    // If the first reply of a new connection arrives alone, it is an answer.
    CHECK((outcome.kind == "protocol" || outcome.kind == "answered"));
    refused += outcome.kind == "protocol" ? 1 : 0;
    CHECK(outcome.elapsed < milliseconds(1000));
    CHECK(outcome.grown < 8 * kMebibyte);
  }
  CHECK(refused > 0);
}

TEST_CASE("a reply cut at any byte is a lost connection where the server goes") {
  const std::string whole = "*3\r\n$4\r\nabcd\r\n:12\r\n*1\r\n+OK\r\n";
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    CAPTURE(cut);
    const Outcome outcome = PingOf([&](Peer& peer) { peer.Send(whole.substr(0, cut)); });
    CHECK(outcome.kind == "connect");
    CHECK(outcome.elapsed < milliseconds(1000));
  }
  CHECK(PingOf([&](Peer& peer) {
          peer.Send(whole);
          peer.Mute();
        }).kind == "answered");
}

}  // namespace collectors
