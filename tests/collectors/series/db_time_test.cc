#include "collectors/series/db_time.h"

#include <doctest/doctest.h>

namespace collectors {
namespace {

using exporter::SteadyTime;
using std::chrono::milliseconds;
using std::chrono::seconds;

const SteadyTime kStart = SteadyTime() + seconds(1000);

}  // namespace

TEST_CASE("a slow statement thins itself out: after t seconds the next one waits t / share") {
  DbTime time(0.05, seconds(5));
  time.BeginRun(kStart);
  REQUIRE(time.MayAsk());
  time.Spend(kStart + seconds(1), seconds(1));
  CHECK_FALSE(time.MayAsk());
  time.BeginRun(kStart + milliseconds(20999));
  CHECK_FALSE(time.MayAsk());
  time.BeginRun(kStart + seconds(21));
  CHECK(time.MayAsk());
}

TEST_CASE("statements of one run follow one another as far as an interval pays for them") {
  DbTime time(0.05, seconds(5));
  time.BeginRun(kStart);
  for (int n = 0; n < 25; ++n) {
    INFO(n);
    CHECK(time.MayAsk());
    time.Spend(kStart, milliseconds(10));
  }
  CHECK(time.MayAsk());  // 250 ms is exactly what an interval pays for.
  time.Spend(kStart, milliseconds(10));
  CHECK_FALSE(time.MayAsk());
  time.BeginRun(kStart + seconds(5));
  CHECK_FALSE(time.MayAsk());
  time.BeginRun(kStart + milliseconds(5200));
  CHECK(time.MayAsk());
}

TEST_CASE("a long round holds until what it kept waiting has had its turn") {
  DbTime time(0.05, seconds(5));
  time.BeginRun(kStart);
  time.SetRound(seconds(10));
  time.BeginRun(kStart + seconds(29));
  time.SetRound(seconds(2));
  CHECK(time.round() == seconds(10));
  time.SetRound(seconds(12));
  CHECK(time.round() == seconds(12));
  time.BeginRun(kStart + seconds(29 + 36));
  time.SetRound(seconds(2));
  CHECK(time.round() == seconds(2));
}

TEST_CASE("over a long time a collector takes its share and no more") {
  for (const int milliseconds_each : {1, 50, 200, 1000, 20000}) {
    INFO(milliseconds_each);
    const milliseconds each(milliseconds_each);
    DbTime time(0.05, seconds(5));
    SteadyTime now = kStart;
    // A thousand intervals; a run takes as long as its statements.
    while (now < kStart + seconds(5000)) {
      SteadyTime end = now;
      time.BeginRun(now);
      while (time.MayAsk()) time.Spend(end += each, each);
      now = std::max(now + seconds(5), end);
    }
    CHECK(time.spent() <= (now - kStart) * 0.05 + each);
  }
}

TEST_CASE("what was never answered is paid for by an interval at most") {
  DbTime time(0.05, seconds(15));
  time.BeginRun(kStart);
  time.SpendUnanswered(kStart + seconds(5), seconds(5));
  CHECK(time.spent() == seconds(0));
  time.BeginRun(kStart + seconds(15));
  CHECK_FALSE(time.MayAsk());
  time.BeginRun(kStart + seconds(20));
  CHECK(time.MayAsk());
}

TEST_CASE("a share is written as per cent of a core") {
  struct Case {
    std::string_view text;
    std::optional<double> share;
  };
  const Case cases[] = {
      {"5%", 0.05},       {"0.5%", 0.005}, {"100%", 1.0}, {"0.1%", 0.001}, {"2.5 %", 0.025},
      {"5", {}},          {"%", {}},       {"", {}},      {"0%", {}},      {"-5%", {}},
      {"100.1%", {}},     {"nan%", {}},    {"inf%", {}},  {"5%%", {}},     {"0.05 of it", {}},
      {"5 percent%", {}}, {"1e400%", {}},
  };
  for (const Case& one : cases) {
    INFO(one.text);
    const auto share = ParseShare(one.text);
    REQUIRE(share.has_value() == one.share.has_value());
    if (share) CHECK(*share == doctest::Approx(*one.share));
  }
}

}  // namespace collectors
