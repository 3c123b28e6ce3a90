#include "exporter/seam/family.h"

#include <doctest/doctest.h>

#include <cmath>

namespace exporter {
namespace {

Family Gauge(const std::vector<std::pair<Labels, double>>& samples) {
  Family family(FamilyType::kGauge, "x", "Help.");
  for (const auto& [labels, value] : samples) {
    std::vector<LabelView> views;
    for (const auto& [name, text] : labels) views.push_back({name, text});
    family.Add(views, value);
  }
  return family;
}

std::string LabelsText(const Family& family, std::size_t index) {
  std::vector<LabelView> labels;
  family.LabelsAt(index, labels);
  std::string text;
  for (const LabelView& label : labels)
    text += std::string(label.name) + "=" + std::string(label.value) + ";";
  return text;
}

}  // namespace

TEST_CASE("each sample has the labels and the value that it was given") {
  const std::string longer(300, 'l');  // Its length takes two bytes.
  const Family family = Gauge({{{{"a", "1"}, {"b", ""}}, 1},
                               {{{"a", longer}, {"b", "2"}}, -0.5},
                               {{}, 3},
                               {{{"a", std::string("\0x", 2)}, {"b", "é"}}, 4}});
  REQUIRE(family.size() == 4);
  CHECK(LabelsText(family, 0) == "a=1;b=;");
  CHECK(LabelsText(family, 1) == "a=" + longer + ";b=2;");
  CHECK(LabelsText(family, 2).empty());
  CHECK(LabelsText(family, 3) == std::string("a=\0x;b=é;", 10));
  CHECK(family.ValueAt(1) == -0.5);
  CHECK(family.ShapeAt(0) == family.ShapeAt(3));
  CHECK(family.ShapeAt(0) != family.ShapeAt(2));
}

TEST_CASE("the lines of a histogram end with +Inf, sum and count") {
  Family family(FamilyType::kHistogram, "h", "");
  family.Add({}, HistogramValue{{{0.5, 1}, {1, 3}}, 2.5, 4});
  family.Add({}, HistogramValue{{{0.5, 0}, {1, 0}}, 0, 0});
  REQUIRE(family.LinesAt(0) == 5);
  CHECK(family.lines() == 10);
  CHECK(family.LineAt(0, 1).bound == 1);
  CHECK(family.LineAt(0, 1).value == 3);
  CHECK(std::isinf(family.LineAt(0, 2).bound));
  CHECK(family.LineAt(0, 2).value == 4);
  CHECK(family.LineAt(0, 3).suffix == "_sum");
  CHECK(family.LineAt(0, 4).value == 4);
  CHECK(family.LineAt(1, 4).value == 0);
}

TEST_CASE("two families are equal if every byte of theirs is") {
  const std::vector<std::pair<Labels, double>> samples = {{{{"a", "1"}}, 1}, {{{"a", "2"}}, NAN}};
  CHECK(Gauge(samples) == Gauge(samples));
  CHECK_FALSE(Gauge(samples) == Gauge({samples[0]}));
  CHECK_FALSE(Gauge({{{}, 0.0}}) == Gauge({{{}, -0.0}}));
  CHECK_FALSE(Gauge({{{{"a", "12"}, {"b", ""}}, 1}}) == Gauge({{{{"a", "1"}, {"b", "2"}}, 1}}));
  CHECK_FALSE(Gauge({{{{"a", "1"}}, 1}}) == Gauge({{{{"b", "1"}}, 1}}));
  Family helpful(FamilyType::kGauge, "x", "Other help.");
  CHECK_FALSE(helpful == Family(FamilyType::kGauge, "x", "Help."));
}

TEST_CASE("a name that ends with a base unit has it") {
  const auto unit = [](const char* name) { return Family(FamilyType::kGauge, name, "").unit(); };
  CHECK(unit("wait_seconds") == "seconds");
  CHECK(unit("wait_seconds_total").empty());  // Of a gauge it is no ending.
  CHECK(Family(FamilyType::kCounter, "wait_seconds_total", "").unit() == "seconds");
  CHECK(unit("memory_bytes") == "bytes");
  CHECK(unit("bytes").empty());
  CHECK(unit("kilobytes").empty());
  CHECK(Family(FamilyType::kGauge, "x_volts", "", "volts").unit() == "volts");
  CHECK(Family(FamilyType::kGauge, "x_volts_max", "", "volts").unit().empty());
  CHECK(Family(FamilyType::kGauge, "xvolts", "", "volts").unit().empty());
}

TEST_CASE("a series of three labels takes less than 100 bytes") {
  Family family(FamilyType::kGauge, "shop_orders", "Orders.");
  constexpr std::size_t kSeries = 10'000;
  for (std::size_t i = 0; i < kSeries; ++i) {
    const std::string table = "table_" + std::to_string(i);
    const LabelView labels[] = {{"datname", "shop"}, {"relname", table}, {"schemaname", "public"}};
    family.Add(labels, static_cast<double>(i));
  }
  family.Freeze();
  CHECK(family.bytes() / kSeries < 100);
}

}  // namespace exporter
