#include "collectors/celery/deaf_time.h"

#include <doctest/doctest.h>

#include <chrono>
#include <vector>

namespace collectors {
namespace {

constexpr exporter::SteadyTime kStart{std::chrono::hours(1)};

// A look, `at` seconds from the start, and the seconds that it adds.
struct Look {
  int at;
  double down_seconds;
  bool is_blocked;
  int added;
};

}  // namespace

TEST_CASE("no time is deaf twice, whether the stream is down, publishers are blocked, or both") {
  struct Case {
    const char* name;
    std::vector<Look> looks;
  };
  const Case cases[] = {
      {"neither", {{10, 0, false, 0}, {20, 0, false, 0}}},
      {"down", {{10, 2, false, 2}, {20, 12, false, 10}, {30, 13, false, 1}, {40, 13, false, 0}}},
      {"blocked", {{10, 0, true, 0}, {20, 0, true, 10}, {30, 0, false, 0}, {40, 0, true, 0}}},
      {"both", {{10, 10, true, 10}, {20, 20, true, 10}, {30, 30, true, 10}}},
      {"down for a part of the time", {{10, 0, true, 0}, {20, 3, true, 10}, {30, 5, true, 10}}},
      {"down since before the last look", {{10, 0, false, 0}, {20, 13, false, 13}}},
      {"since before a look that counted",
       {{10, 0, true, 0}, {20, 0, true, 10}, {30, 13, true, 10}}},
      {"twice at one moment", {{10, 4, true, 4}, {10, 4, true, 0}, {20, 14, true, 10}}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    DeafTime deaf;
    for (const Look& look : c.looks) {
      CAPTURE(look.at);
      const auto added =
          deaf.Count(kStart + std::chrono::seconds(look.at), look.down_seconds, look.is_blocked);
      CHECK(added == std::chrono::seconds(look.added));
    }
  }
}

TEST_CASE("publishers that are blocked lose no event, and a stream that is down does") {
  DeafTime deaf;
  deaf.Count(kStart, 0, true);
  CHECK_FALSE(deaf.was_down());
  deaf.Count(kStart + std::chrono::seconds(10), 1, true);
  CHECK(deaf.was_down());
  deaf.Count(kStart + std::chrono::seconds(20), 1, true);
  CHECK_FALSE(deaf.was_down());
}

}  // namespace collectors
