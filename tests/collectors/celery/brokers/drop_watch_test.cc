#include "collectors/celery/brokers/drop_watch.h"

#include <doctest/doctest.h>

#include <chrono>
#include <vector>

namespace collectors {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr exporter::SteadyTime kStart{std::chrono::hours(1)};
constexpr DropWatch::Bounds kBounds = {seconds(5), 50'000};

// A sounding: asked at `asked` ms and answered at `answered` ms. `waiting` messages are in the
// queue, and `taken` have come since the last answer.
struct Sounding {
  int asked, answered, taken;
  double waiting;
  int lost;  // By how much it extends the time in which messages may be lost, in ms.
};

}  // namespace

TEST_CASE("messages may be lost if a queue was not seen empty for as long as it keeps them") {
  struct Case {
    const char* name;
    std::vector<Sounding> soundings;
  };
  const Case cases[] = {
      {"few", {{1000, 1010, 5, 0, 0}, {2000, 2010, 5, 0, 0}}},
      {"many, and all are read at once", {{1000, 1010, 49'000, 0, 0}, {2000, 2010, 49'000, 0, 0}}},
      {"more than it holds", {{1000, 1010, 50'000, 0, 1010}, {2000, 2010, 100, 0, 0}}},
      {"we stood still, and few came", {{1000, 9000, 99, 0, 0}, {9100, 9110, 0, 0, 0}}},
      // All messages after the question may have waited.
      {"we stood still, and many came",
       {{1000, 9000, 0, 0, 0}, {9100, 9110, 300, 0, 8110}, {10'110, 10'120, 9, 0, 0}}},
      {"it is not empty, and was lately", {{1000, 1010, 900, 7, 0}, {1300, 1310, 900, 0, 0}}},
      {"it lags for too long",
       {{1000, 1010, 900, 800, 0},
        {3000, 3010, 900, 800, 0},
        {5100, 5110, 900, 800, 5110},
        {5400, 5410, 10, 800, 300},
        {5700, 5710, 10, 0, 300},
        {6800, 6810, 10, 0, 0}}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    DropWatch watch(kBounds);
    watch.Begin(kStart);
    for (const Sounding& sounding : c.soundings) {
      CAPTURE(sounding.asked);
      watch.Asked(kStart + milliseconds(sounding.asked));
      for (int i = 0; i < sounding.taken; ++i) watch.Took();
      watch.Answered(sounding.waiting, kStart + milliseconds(sounding.answered));
      CHECK(watch.TakeLoss() == milliseconds(sounding.lost));
    }
  }
}

TEST_CASE("what was sent before the queue was seen empty has come") {
  DropWatch watch(kBounds);
  watch.Begin(kStart);
  CHECK(watch.clear() == kStart);
  watch.Asked(kStart + seconds(1));
  CHECK(watch.clear() == kStart);
  watch.Answered(3, kStart + seconds(2));
  CHECK(watch.clear() == kStart);
  watch.Asked(kStart + seconds(3));
  watch.Answered(0, kStart + seconds(4));
  CHECK(watch.clear() == kStart + seconds(3));
}

TEST_CASE("a queue is sounded once a second, more often while it is not empty") {
  DropWatch watch(kBounds);
  watch.Begin(kStart);
  CHECK_FALSE(watch.IsDue(kStart + milliseconds(900)));
  CHECK(watch.IsDue(kStart + seconds(1)));
  watch.Asked(kStart + seconds(1));
  CHECK_FALSE(watch.IsDue(kStart + seconds(9)));
  watch.Answered(1, kStart + seconds(9));
  CHECK_FALSE(watch.IsDue(kStart + milliseconds(9200)));
  CHECK(watch.IsDue(kStart + milliseconds(9250)));
  // On a new connection.
  watch.Asked(kStart + seconds(10));
  watch.Begin(kStart + seconds(11));
  CHECK(watch.IsDue(kStart + seconds(12)));
}

TEST_CASE("an answer that nobody asked for says nothing") {
  DropWatch watch(kBounds);
  watch.Begin(kStart);
  watch.Answered(0, kStart + seconds(1));
  CHECK(watch.clear() == kStart);
}

}  // namespace collectors
