#include "exporter/seam/family_set.h"

#include <doctest/doctest.h>

#include "tests/support/taken.h"

namespace exporter {

TEST_CASE("a family opened twice is one family, with the first help") {
  FamilySet set;
  set.Gauge("orders_open", "Open orders.").Add({{"shop", "a"}}, 1);
  set.Gauge("orders_open", "Another help.").Add({{"shop", "b"}}, 2);
  const auto families = testing::TakenFrom(std::move(set));
  REQUIRE(families.size() == 1);
  CHECK(families[0].family.help == "Open orders.");
  CHECK(families[0].family.metric.size() == 2);
}

TEST_CASE("a family without a sample is left out, the others keep their order") {
  FamilySet set;
  set.Gauge("b", "").Add(1);
  set.Gauge("empty", "");
  set.Counter("a", "").Add(2);
  const auto families = testing::TakenFrom(std::move(set));
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

TEST_CASE("samples of one name that expire apart are families apart") {
  FamilySet set;
  const SteadyTime soon = SteadyTime{} + std::chrono::seconds(5);
  set.Gauge("a", "").Add({{"n", "1"}}, 1);
  set.Open(prometheus::MetricType::Gauge, "a", "", soon).Add({{"n", "2"}}, 2);
  set.Open(prometheus::MetricType::Gauge, "a", "", soon).Add({{"n", "3"}}, 3);
  const auto families = testing::TakenFrom(std::move(set));
  REQUIRE(families.size() == 2);
  CHECK_FALSE(families[0].expires_at);
  CHECK(families[1].expires_at == soon);
  CHECK(families[1].family.metric.size() == 2);
}

TEST_CASE("a set takes another one over, with labels that tell whose it was") {
  FamilySet set;
  set.Gauge("a", "Of all.").Add({{"n", "1"}}, 1);
  FamilySet other;
  other.Gauge("a", "Of one.").Add({{"n", "2"}}, 2);
  other.Counter("b", "").Add(3);
  set.Absorb(std::move(other), {{"node", "x"}});
  const auto families = testing::TakenFrom(std::move(set));
  REQUIRE(families.size() == 2);
  CHECK(families[0].family.help == "Of all.");
  REQUIRE(families[0].family.metric.size() == 2);
  const auto& labels = families[0].family.metric[1].label;
  REQUIRE(labels.size() == 2);
  CHECK(labels[0].value == "2");
  CHECK(labels[1].name == "node");
  CHECK(labels[1].value == "x");
  CHECK(families[1].family.type == prometheus::MetricType::Counter);
  CHECK(families[1].family.metric[0].label.size() == 1);
}

}  // namespace exporter
