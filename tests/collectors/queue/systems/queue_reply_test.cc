#include "collectors/queue/systems/queue_reply.h"

#include <doctest/doctest.h>

#include <string>

namespace collectors {

TEST_CASE("ISO times are UTC, with or without a fraction and a Z") {
  struct Case {
    std::string text;
    double expected;
  };
  const Case cases[] = {
      {"2023-11-14T22:13:20.250000Z", 1700000000.25},
      {"2023-11-14T22:13:20Z", 1700000000},
      {"2023-11-14T22:13:20.5", 1700000000.5},
      {"2023-11-14T22:13:20+00:00", 1700000000},
      {"2023-11-14T22:13:20+02:00", -1},
      {"2023-11-14 22:13:20", -1},
      {"2023-11-14T22:13:20.Z", -1},
      {"2023-11-14T22:13:20.1e9", -1},
      {"", -1},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK(EpochOfIso(c.text).value_or(-1) == c.expected);
  }
}

}  // namespace collectors
