#include "exporter/config/duration.h"

#include <doctest/doctest.h>

#include <vector>

namespace exporter {

using std::chrono::milliseconds;

TEST_CASE("a Prometheus duration is read to the millisecond") {
  struct Case {
    std::string_view text;
    std::int64_t milliseconds;
  };
  const std::vector<Case> cases = {
      {"0", 0},
      {"0s", 0},
      {"500ms", 500},
      {"15s", 15000},
      {"1m30s", 90000},
      {"1h", 3600000},
      {"90m", 5400000},
      {"1d", 86400000},
      {"1w", 604800000},
      {"1y", 31536000000},
      {"1h0m1s", 3601000},
      {"1s500ms", 1500},
      {"007s", 7000},
      {"100y", 3153600000000},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK(ParseDuration(c.text) == milliseconds(c.milliseconds));
  }
}

TEST_CASE("what is no Prometheus duration is refused") {
  for (const std::string_view text : {"",
                                      "15",
                                      "s",
                                      "-1s",
                                      "+1s",
                                      "1.5s",
                                      " 15s",
                                      "15s ",
                                      "15 s",
                                      "15S",
                                      "1s1m",
                                      "1s1s",
                                      "ms",
                                      "15sec",
                                      "1h-1m",
                                      "101y",
                                      "99999999999999999999s",
                                      "9223372036854775807ms",
                                      "1ms1",
                                      "0x1s"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseDuration(text).has_value());
  }
}

TEST_CASE("a duration is shown as short as it can be and reads back the same") {
  struct Case {
    std::int64_t milliseconds;
    std::string_view text;
  };
  const std::vector<Case> cases = {{0, "0s"},         {1, "1ms"},           {1500, "1s500ms"},
                                   {90000, "1m30s"},  {3600000, "1h"},      {86400000, "1d"},
                                   {3601000, "1h1s"}, {34560000000, "400d"}};
  for (const Case& c : cases) {
    CHECK(FormatDuration(milliseconds(c.milliseconds)) == c.text);
    CHECK(ParseDuration(c.text) == milliseconds(c.milliseconds));
  }
}

}  // namespace exporter
