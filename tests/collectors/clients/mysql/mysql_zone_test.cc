#include "collectors/clients/mysql/mysql_zone.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

namespace collectors {

TEST_CASE("a time zone has an offset if that never changes") {
  struct Case {
    std::string zone;
    std::optional<int> seconds;
  };
  const std::vector<Case> table = {
      {"UTC", 0},
      {"GMT", 0},
      {"+00:00", 0},
      {"+05:30", 19800},
      {"-03:00", -10800},
      {"Europe/Berlin", std::nullopt},
      {"CET", std::nullopt},
      {"", std::nullopt},
      {"+5", std::nullopt},
      {"+15:00", std::nullopt},
      {"+01:60", std::nullopt},
      {"SYSTEM", std::nullopt},
  };
  for (const auto& row : table) {
    CAPTURE(row.zone);
    const auto offset = MysqlZoneOffset(row.zone);
    REQUIRE(offset.has_value() == row.seconds.has_value());
    if (row.seconds) CHECK(offset->count() == *row.seconds);
  }
}

}  // namespace collectors
