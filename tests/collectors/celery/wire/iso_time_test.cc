#include "collectors/celery/wire/iso_time.h"

#include <doctest/doctest.h>

#include <string_view>

namespace collectors {

TEST_CASE("a time is read with its offset, and is UTC without") {
  struct Case {
    std::string_view text;
    double seconds;
  };
  const Case cases[] = {
      {"1970-01-01T00:00:00", 0},
      {"2026-11-21T03:37:46.742580+00:00", 1795232266.742580},
      {"2026-11-21T03:37:46Z", 1795232266},
      {"2026-11-21 03:37:46", 1795232266},
      {"2026-11-21T03:37+00:00", 1795232220},
      {"2026-11-20T22:37:46-05:00", 1795232266},
      {"2026-11-21T09:07:46.5+05:30", 1795232266.5},
      {"2026-11-21T09:07:46+0530", 1795232266},
      {"2026-11-21T03:38:16+00:00:30", 1795232266},
      {"2024-02-29T23:59:60Z", 1709251200},
      {"0001-01-01T00:00:00Z", -62135596800},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const auto read = ParseIsoTime(c.text);
    REQUIRE(read);
    CHECK(*read == doctest::Approx(c.seconds).epsilon(1e-15));
  }
}

TEST_CASE("what is no time is none") {
  for (const std::string_view text : {"",
                                      "now",
                                      "2026",
                                      "2026-11-21",
                                      "2026-11-21T",
                                      "2026-13-21T03:37:46",
                                      "2025-02-29T03:37:46",
                                      "2026-11-21T24:37:46",
                                      "2026-11-21T03:60:46",
                                      "2026-11-21T03:37:61",
                                      "2026-11-21T03:37:46.",
                                      "2026-11-21T03:37:46.5x",
                                      "2026-11-21T03:37:46+",
                                      "2026-11-21T03:37:46+5",
                                      "2026-11-21T03:37:46+25:00",
                                      "2026-11-21T03:37:46+05:00 ",
                                      "2026-11-21T03:37:46ZZ",
                                      "-026-11-21T03:37:46",
                                      "2026-11-21X03:37:46",
                                      "1795232266"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseIsoTime(text));
  }
}

}  // namespace collectors
