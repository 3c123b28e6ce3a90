#include "collectors/clients/postgres/pg_server_role.h"

#include <doctest/doctest.h>

#include <string>

namespace collectors {

TEST_CASE("a server fits what target_session_attrs wants as libpq judges it") {
  constexpr PgServerRole kPrimary = {false, false};
  constexpr PgServerRole kReadOnlyPrimary = {false, true};
  constexpr PgServerRole kStandby = {true, false};
  struct Case {
    std::string attributes;
    bool any;
    bool primary;
    bool read_only_primary;
    bool standby;
  };
  const Case cases[] = {
      {"", true, true, true, true},
      {"any", true, true, true, true},
      {"primary", false, true, true, false},
      {"standby", false, false, false, true},
      {"read-write", false, true, false, false},
      {"read-only", false, false, true, true},
      {"prefer-standby", false, true, true, true},
  };
  for (const Case& one : cases) {
    CAPTURE(one.attributes);
    const PgWantedRole wanted(one.attributes);
    CHECK(wanted.any() == one.any);
    CHECK(wanted.prefers_standby() == (one.attributes == "prefer-standby"));
    CHECK(wanted.Fits(kPrimary) == one.primary);
    CHECK(wanted.Fits(kReadOnlyPrimary) == one.read_only_primary);
    CHECK(wanted.Fits(kStandby) == one.standby);
  }
}

TEST_CASE("a server's role is read from the answer to the opening, if it is there") {
  const auto role = PgRoleIn({{"a", "b", "c"}, {{"t", "on", "4800"}}});
  REQUIRE(role);
  CHECK(role->in_recovery);
  CHECK(role->read_only_by_default);
  CHECK_FALSE(PgRoleIn({{"a", "b"}, {{"f", "off"}}})->in_recovery);
  CHECK_FALSE(PgRoleIn({{}, {}}));
  CHECK_FALSE(PgRoleIn({{"a"}, {{"t"}}}));
}

}  // namespace collectors
