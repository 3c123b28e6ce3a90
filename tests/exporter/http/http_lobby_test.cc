// Clients that are slow to take an answer, and those beside them. Each answer is
// a page of its own, as if a collection ended between any two.

#include "exporter/http/http_lobby.h"

#include <doctest/doctest.h>

#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <optional>

#include "tests/support/raw_client.h"
#include "tests/support/tally.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kPage = 2 << 20;
constexpr int kSmallBuffer = 4096;
constexpr std::string_view kAsk = "GET / HTTP/1.1\r\n\r\n";

class PageLobby {
 public:
  explicit PageLobby(HttpLobby::Limits limits) : lobby_(limits, Calls()) {
    std::vector<HttpDoor> doors;
    doors.emplace_back(ListeningSocket({"127.0.0.1", 0}), AcceptConnection, [](auto) {});
    port_ = doors.front().port();
    lobby_.Open(std::move(doors));
  }

  int port() const { return port_; }
  void Close() { lobby_.Close(); }
  std::map<std::string_view, int> cuts() {
    const std::scoped_lock lock(mutex_);
    return cuts_;
  }

  Tally asked;
  Tally taken;
  Tally cut;

 private:
  HttpLobby::Calls Calls() {
    return {[this](HttpLobby::Visitor visitor) { Answer(std::move(visitor)); },
            [this](const HttpLobby::Visitor&) { taken.Add(); },
            [this](const HttpLobby::Visitor& visitor, HttpCut reason) {
              CHECK(visitor.unsent.sent() < kPage);
              const std::scoped_lock lock(mutex_);
              ++cuts_[Name(reason)];
              cut.Add();
            },
            [](const std::string&) {}};
  }
  void Answer(HttpLobby::Visitor visitor) {
    const auto page = std::make_shared<const std::string>(kPage, 'x');
    visitor.received.clear();
    visitor.began = std::chrono::steady_clock::now();
    visitor.unsent = HttpUnsent("", {*page}, page);
    visitor.stays = false;
    asked.Add();
    lobby_.Return(std::move(visitor));
  }

  std::mutex mutex_;
  std::map<std::string_view, int> cuts_;
  int port_ = 0;
  HttpLobby lobby_;
};

// As patient as a busy machine needs.
HttpLobby::Limits Patient() {
  HttpLobby::Limits limits;
  limits.answer_time = 60s;
  limits.grace = 250ms;
  return limits;
}

// More clients who ask and do not read.
void AskMutely(PageLobby& lobby, std::deque<RawClient>& mute, int count) {
  for (int i = 0; i < count; ++i) {
    mute.emplace_back(lobby.port(), kSmallBuffer).Send(kAsk);
    REQUIRE(lobby.asked.Reaches(static_cast<int>(mute.size())));
  }
}

std::size_t AskAndReceive(const PageLobby& lobby) {
  const RawClient client(lobby.port());
  client.Send(kAsk);
  return client.Receive().size();
}

}  // namespace

TEST_CASE("old pages that slow readers keep have a bound, and a newcomer gets its answer whole") {
  HttpLobby::Limits limits = Patient();
  limits.kept_bytes = 5 * kPage;
  PageLobby lobby(limits);
  std::deque<RawClient> mute;
  AskMutely(lobby, mute, 5);
  for (int i = 0; i < 30; ++i) {
    CHECK(AskAndReceive(lobby) == kPage);
    mute.emplace_back(lobby.port(), kSmallBuffer).Send(kAsk);
  }
  // Five pages and the largest may be kept, once the last ones are known to be slow.
  CHECK(lobby.cut.Reaches(20));
  CHECK(lobby.taken.Reaches(30));
  CHECK(lobby.cuts().size() == 1);
  CHECK(lobby.cuts().contains("slow"));
}

TEST_CASE("the slowest reader gives way, and not one that takes its answer") {
  HttpLobby::Limits limits = Patient();
  limits.kept_bytes = 3 * kPage;
  limits.answer_time_per_mib = 60s;  // Ordinary is what comes at 17 KiB a second.
  limits.grace = 0ms;
  PageLobby lobby(limits);
  const RawClient steady(lobby.port());
  steady.Send(kAsk);
  REQUIRE(lobby.asked.Reaches(1));
  std::size_t received = 0;
  std::deque<RawClient> mute;
  for (int count = 2; received < kPage; ++count) {
    const std::size_t some = steady.ReceiveSome(65536);
    REQUIRE(some > 0);
    received += some;
    if (count > 20) continue;
    mute.emplace_back(lobby.port(), kSmallBuffer).Send(kAsk);
    REQUIRE(lobby.asked.Reaches(count));
  }
  CHECK(lobby.taken.Reaches(1));
  CHECK(lobby.taken.count() == 1);
}

TEST_CASE("clients that say nothing, or half a head, take no place of one that takes an answer") {
  HttpLobby::Limits limits = Patient();
  limits.connections = 16;
  PageLobby lobby(limits);
  std::deque<RawClient> takers;
  AskMutely(lobby, takers, 10);
  std::deque<RawClient> mute;
  for (int i = 0; i < 100; ++i) {
    mute.emplace_back(lobby.port());
    if (i % 2 == 1) mute.back().Send("GET / HT");
  }
  CHECK(AskAndReceive(lobby) == kPage);  // So all that came before was let in.
  for (const RawClient& taker : takers) CHECK(taker.Receive().size() == kPage);
  CHECK(lobby.cut.count() == 0);
}

TEST_CASE("slow readers leave connections for others") {
  HttpLobby::Limits limits = Patient();
  limits.connections = 16;
  PageLobby lobby(limits);
  std::deque<RawClient> takers;
  for (int i = 0; i < 100; ++i) {
    takers.emplace_back(lobby.port(), kSmallBuffer).Send(kAsk);
    if (i % 10 == 9) CHECK(AskAndReceive(lobby) == kPage);
  }
  CHECK(lobby.taken.Reaches(10));
  CHECK(lobby.cuts().size() == 1);
  CHECK(lobby.cuts().contains("slow"));
}

TEST_CASE("of slow readers the one that has taken least gives way") {
  HttpLobby::Limits limits = Patient();
  limits.connections = 8;  // Seven of them for answers.
  limits.grace = 1s;
  limits.answer_time_per_mib = 0ms;  // So that each is slow, after its grace.
  PageLobby lobby(limits);
  std::deque<RawClient> slow;
  // The least is the first, since the others may be within their grace for longer.
  for (int i = 0; i < 7; ++i) {
    slow.emplace_back(lobby.port(), i == 0 ? kSmallBuffer : 1 << 16).Send(kAsk);
    REQUIRE(slow.back().ReceiveSome(1) == 1);
  }
  while (lobby.cut.count() == 0) REQUIRE(AskAndReceive(lobby) == kPage);
  CHECK(lobby.cuts() == std::map<std::string_view, int>{{"slow", 1}});
  CHECK(slow[0].Receive().size() < kPage - 1);
}

TEST_CASE("what the system buffers for a client is not taken") {
  HttpLobby::Limits limits = Patient();
  limits.connections = 8;
  limits.grace = 1s;
  // A client that took 4 KiB is slow after another second. One that took 128 KiB,
  // which are buffered, would be slow after 25.
  limits.answer_time_per_mib = 200s;
  PageLobby lobby(limits);
  std::deque<RawClient> mute;
  AskMutely(lobby, mute, 7);
  const SteadyTime start = std::chrono::steady_clock::now();
  while (lobby.cut.count() == 0 && std::chrono::steady_clock::now() - start < 15s)
    REQUIRE(AskAndReceive(lobby) == kPage);
  CHECK(lobby.cut.count() > 0);
}

TEST_CASE("a newcomer waits if there is no connection that may give way") {
  HttpLobby::Limits limits = Patient();
  limits.connections = 8;
  limits.grace = 60s;  // So that each is as good as an ordinary client.
  PageLobby lobby(limits);
  std::deque<RawClient> takers;
  AskMutely(lobby, takers, 8);
  const RawClient newcomer(lobby.port());
  newcomer.Send(kAsk);
  for (const RawClient& taker : takers) CHECK(taker.Receive().size() == kPage);
  CHECK(newcomer.Receive().size() == kPage);
  CHECK(lobby.taken.Reaches(9));
  CHECK(lobby.cut.count() == 0);
}

TEST_CASE("an answer that its client does not take in time is cut, and the client sees it") {
  HttpLobby::Limits limits = Patient();
  limits.answer_time = 100ms;
  limits.answer_time_per_mib = 0ms;
  PageLobby lobby(limits);
  const RawClient mute(lobby.port(), kSmallBuffer);
  mute.Send(kAsk);
  REQUIRE(lobby.cut.Reaches(1));
  CHECK(lobby.cuts() == std::map<std::string_view, int>{{"deadline", 1}});
  CHECK(mute.Receive().size() < kPage);
}

TEST_CASE("a large answer has more time than a small one") {
  HttpLobby::Limits limits = Patient();
  limits.answer_time = 0ms;
  limits.answer_time_per_mib = 30s;
  PageLobby lobby(limits);
  CHECK(AskAndReceive(lobby) == kPage);
}

TEST_CASE("an answer whose client goes, or that a stop ends, is cut for that reason") {
  PageLobby lobby(Patient());
  {
    const RawClient gone(lobby.port(), kSmallBuffer);
    gone.Send(kAsk);
    REQUIRE(lobby.asked.Reaches(1));
  }
  REQUIRE(lobby.cut.Reaches(1));
  const RawClient mute(lobby.port(), kSmallBuffer);
  mute.Send(kAsk);
  REQUIRE(lobby.asked.Reaches(2));
  lobby.Close();
  REQUIRE(lobby.cut.Reaches(2));
  CHECK(lobby.cuts() == std::map<std::string_view, int>{{"client", 1}, {"stop", 1}});
  CHECK(lobby.taken.count() == 0);
  CHECK(mute.Receive().size() < kPage);
}

}  // namespace exporter
