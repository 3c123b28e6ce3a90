#include "exporter/family_set.h"

#include <doctest/doctest.h>

namespace exporter {

TEST_CASE("a family opened twice is one family, with the first help") {
  FamilySet set;
  set.Gauge("orders_open", "Open orders.").Add({{"shop", "a"}}, 1);
  set.Gauge("orders_open", "Another help.").Add({{"shop", "b"}}, 2);
  const auto families = std::move(set).Take();
  REQUIRE(families.size() == 1);
  CHECK(families[0].family.help == "Open orders.");
  CHECK(families[0].family.metric.size() == 2);
}

TEST_CASE("a family without a sample is left out, the others keep their order") {
  FamilySet set;
  set.Gauge("b", "").Add(1);
  set.Gauge("empty", "");
  set.Counter("a", "").Add(2);
  const auto families = std::move(set).Take();
  REQUIRE(families.size() == 2);
  CHECK(families[0].family.name == "b");
  CHECK(families[1].family.name == "a");
  CHECK(families[1].family.metric[0].counter.value == 2);
}

TEST_CASE("a family stays open when the set is moved") {
  FamilySet set;
  FamilySet::Family& family = set.Gauge("a", "");
  FamilySet moved = std::move(set);
  family.Add(3);
  CHECK(&moved.Gauge("a", "") == &family);
}

TEST_CASE("the earliest expiry of a family holds") {
  FamilySet set;
  const SteadyTime start{};
  set.Gauge("a", "")
      .Add(1)
      .ExpireAt(start + std::chrono::seconds(9))
      .ExpireAt(start + std::chrono::seconds(5));
  set.Gauge("a", "").ExpireAt(start + std::chrono::seconds(7));
  CHECK(std::move(set).Take()[0].expires_at == start + std::chrono::seconds(5));
}

}  // namespace exporter
