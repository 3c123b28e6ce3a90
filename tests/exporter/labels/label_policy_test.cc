#include "exporter/labels/label_policy.h"

#include <doctest/doctest.h>

#include <limits>

#include "exporter/forms/exposition.h"
#include "exporter/labels/relabel.h"
#include "exporter/seam/names.h"

namespace exporter {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;

std::shared_ptr<const RelabelRule> Rule(RelabelAction action, std::vector<std::string> sources,
                                        std::string regex, std::string target = "",
                                        std::string replacement = "$1") {
  return RelabelRule::Make({std::move(sources), ";", std::move(target), std::move(regex), 0,
                            std::move(replacement), action});
}

// The sample lines that are left, in the order of their families.
std::string Lines(const Labelled& result) {
  std::string text;
  for (const TimedFamily& timed : result.families) {
    std::string family;
    AppendText(family, timed.family);
    while (family.starts_with('#')) family.erase(0, family.find('\n') + 1);
    text += family;
  }
  return text;
}

ClientMetric::Histogram TwoBuckets() {
  ClientMetric::Histogram histogram;
  histogram.bucket = {{1, 0.5}};
  histogram.sample_count = 2;
  histogram.sample_sum = 3;
  return histogram;
}

void CheckDropped(const Dropped& dropped, std::uint64_t duplicate, std::uint64_t limit,
                  std::uint64_t invalid) {
  CHECK(dropped.duplicate == duplicate);
  CHECK(dropped.limit == limit);
  CHECK(dropped.invalid == invalid);
}

}  // namespace

TEST_CASE("constant labels and prefix are on every sample, a sample's own label wins") {
  LabelPolicy policy;
  policy.labels = {{"service", "shop"}, {"env", "test"}};
  policy.prefix = "acme_";
  FamilySet set;
  set.Gauge("orders", "Orders.").Add({{"state", "open"}}, 1).Add({{"service", "own"}}, 2);
  const auto result = policy.Apply(std::move(set).Take());
  CHECK(Lines(result) ==
        "acme_orders{env=\"test\",service=\"shop\",state=\"open\"} 1\n"
        "acme_orders{env=\"test\",service=\"own\"} 2\n");
  CHECK(result.families[0].family.help() == "Orders.");
  CHECK(result.series == 2);
}

TEST_CASE("rules see the prefix and the constant labels") {
  LabelPolicy policy;
  policy.labels = {{"env", "test"}};
  policy.prefix = "acme_";
  policy.rules = {Rule(RelabelAction::kKeep, {"__name__", "env"}, "acme_orders;test")};
  FamilySet set;
  set.Gauge("orders", "").Add(1);
  set.Gauge("users", "").Add(2);
  const auto result = policy.Apply(std::move(set).Take());
  CHECK(Lines(result) == "acme_orders{env=\"test\"} 1\n");
  CheckDropped(result.left_out.dropped, 0, 0, 0);  // A rule's drop is what the user wants.
}

TEST_CASE("a renamed counter keeps its type and its help") {
  LabelPolicy policy;
  policy.rules = {
      Rule(RelabelAction::kReplace, {"__name__"}, "redis_(.*)", "__name__", "cache_$1")};
  FamilySet set;
  set.Counter("redis_hits_total", "Hits.").Add(5);
  const auto result = policy.Apply(std::move(set).Take());
  REQUIRE(result.families.size() == 1);
  CHECK(result.families[0].family.name() == "cache_hits_total");
  CHECK(result.families[0].family.type() == FamilyType::kCounter);
  CHECK(result.families[0].family.help() == "Hits.");
}

TEST_CASE("labels that rules leave in __ are gone") {
  LabelPolicy policy;
  policy.rules = {Rule(RelabelAction::kReplace, {"a"}, "(.*)", "__tmp", "x"),
                  Rule(RelabelAction::kReplace, {"__tmp"}, "(.*)", "b")};
  FamilySet set;
  set.Gauge("x", "").Add({{"a", "1"}}, 1);
  CHECK(Lines(policy.Apply(std::move(set).Take())) == "x{a=\"1\",b=\"x\"} 1\n");
}

TEST_CASE("two names that a rule makes one are one family, of which the first type stays") {
  LabelPolicy policy;
  policy.rules = {Rule(RelabelAction::kReplace, {"__name__"}, "(a|b|c)", "__name__", "all")};
  FamilySet set;
  set.Gauge("a", "First.").Add({{"n", "1"}}, 1);
  set.Gauge("b", "Second.").Add({{"n", "2"}}, 2).Add({{"n", "1"}}, 3);
  set.Counter("c", "Third.").Add({{"n", "3"}}, 4);
  const auto result = policy.Apply(std::move(set).Take());
  CHECK(Lines(result) == "all{n=\"1\"} 1\nall{n=\"2\"} 2\n");
  CHECK(result.families[0].family.help() == "First.");
  CheckDropped(result.left_out.dropped, 2, 0, 0);
}

TEST_CASE("samples of one name expire each at its own time") {
  const SteadyTime start{};
  LabelPolicy policy;
  policy.rules = {Rule(RelabelAction::kReplace, {"__name__"}, "a|b", "__name__", "all")};
  FamilySet set;
  set.Gauge("a", "").Add({{"n", "1"}}, 1);
  set.Open(prometheus::MetricType::Gauge, "b", "", start + std::chrono::seconds(9))
      .Add({{"n", "2"}}, 2);
  const auto result = policy.Apply(std::move(set).Take());
  REQUIRE(result.families.size() == 2);
  CHECK(result.families[0].family.name() == result.families[1].family.name());
  CHECK_FALSE(result.families[0].expires_at);
  CHECK(result.families[1].expires_at == start + std::chrono::seconds(9));
}

TEST_CASE("a histogram that a rule renames as a whole stays one") {
  LabelPolicy policy;
  policy.rules = {
      Rule(RelabelAction::kReplace, {"__name__"}, "old_(.*)", "__name__", "new_$1"),
      Rule(RelabelAction::kReplace, {"__name__"}, ".*", "shop", "a"),
  };
  FamilySet set;
  set.Open(MetricType::Histogram, "old_seconds", "").Add({}, TwoBuckets());
  const auto result = policy.Apply(std::move(set).Take());
  REQUIRE(result.families.size() == 1);
  CHECK(result.families[0].family.type() == FamilyType::kHistogram);
  CHECK(Lines(result) ==
        "new_seconds_bucket{shop=\"a\",le=\"0.5\"} 1\n"
        "new_seconds_bucket{shop=\"a\",le=\"+Inf\"} 2\n"
        "new_seconds_sum{shop=\"a\"} 3\n"
        "new_seconds_count{shop=\"a\"} 2\n");
}

TEST_CASE("a histogram that a rule splits is untyped, and its lines are still there") {
  struct Case {
    std::string what;
    std::shared_ptr<const RelabelRule> rule;
    std::string lines;
    std::uint64_t duplicate;
  };
  const Case cases[] = {
      {"the sum renamed", Rule(RelabelAction::kReplace, {"__name__"}, "h_sum", "__name__", "total"),
       "h_bucket{le=\"0.5\"} 1\nh_bucket{le=\"+Inf\"} 2\ntotal 3\nh_count 2\n", 0},
      {"le dropped: its buckets are one series", Rule(RelabelAction::kLabelDrop, {}, "le"),
       "h_bucket 1\nh_sum 3\nh_count 2\n", 1},
  };
  for (const Case& one : cases) {
    INFO(one.what);
    LabelPolicy policy;
    policy.rules = {one.rule};
    FamilySet set;
    set.Open(MetricType::Histogram, "h", "").Add({}, TwoBuckets());
    const auto result = policy.Apply(std::move(set).Take());
    CHECK(Lines(result) == one.lines);
    for (const TimedFamily& timed : result.families)
      CHECK(timed.family.type() == FamilyType::kUnknown);
    CheckDropped(result.left_out.dropped, one.duplicate, 0, 0);
  }
}

TEST_CASE("a histogram that loses buckets is one of those that are left") {
  LabelPolicy policy;
  policy.rules = {Rule(RelabelAction::kDrop, {"q", "le"}, "a;0.5")};
  FamilySet set;
  set.Open(MetricType::Histogram, "h", "").Add({{"q", "a"}}, TwoBuckets());
  set.Open(MetricType::Histogram, "h", "").Add({{"q", "b"}}, TwoBuckets());
  set.Open(MetricType::Summary, "s", "")
      .Add({{"q", "a"}}, SummaryValue{{{0.5, 1}, {0.9, 2}}, 3, 4});
  policy.rules.push_back(Rule(RelabelAction::kDrop, {"quantile"}, "0.9"));
  const auto result = policy.Apply(std::move(set).Take());
  CHECK(Lines(result) ==
        "h_bucket{q=\"a\",le=\"+Inf\"} 2\nh_sum{q=\"a\"} 3\nh_count{q=\"a\"} 2\n"
        "h_bucket{q=\"b\",le=\"0.5\"} 1\nh_bucket{q=\"b\",le=\"+Inf\"} 2\n"
        "h_sum{q=\"b\"} 3\nh_count{q=\"b\"} 2\n"
        "s{q=\"a\",quantile=\"0.5\"} 1\ns_sum{q=\"a\"} 3\ns_count{q=\"a\"} 4\n");
  CheckDropped(result.left_out.dropped, 0, 0, 0);
  REQUIRE(result.families.size() == 2);
  CHECK(result.families[0].family.type() == FamilyType::kHistogram);
}

TEST_CASE("what Prometheus would not take is dropped and counted as invalid") {
  struct Case {
    std::string what;
    std::string name;
    Labels labels;
  };
  const Case cases[] = {
      {"an empty name", "", {}},
      {"a digit first", "2xx", {}},
      {"a dash", "orders-open", {}},
      {"a letter that is not ASCII", "größe", {}},
      {"a label with a colon", "x", {{"a:b", "1"}}},
      {"a label without a name", "x", {{"", "1"}}},
      {"a label name twice", "x", {{"a", "1"}, {"b", "2"}, {"a", "3"}}},
      {"a value that is no UTF-8", "x", {{"a", "\xc3\x28"}}},
      {"a label of Prometheus's own", "x", {{"__name__", "y"}}},
      {"a name of the exporter's own", "exporter_build_info", {}},
      {"a name of the process", "process_open_fds", {}},
  };
  // The same with and without rules, which take another way.
  for (const bool with_rules : {false, true}) {
    LabelPolicy policy;
    if (with_rules) policy.rules = {Rule(RelabelAction::kDrop, {"__name__"}, "nothing")};
    for (const Case& one : cases) {
      INFO(one.what << (with_rules ? ", with rules" : ""));
      FamilySet set;
      set.Gauge(one.name, "").Add(one.labels, 1).Add({{"fine", "1"}}, 1);
      set.Gauge("good:name", "").Add({{"_a1", ""}}, 2);
      const auto result = policy.Apply(std::move(set).Take());
      CHECK(Lines(result).ends_with("good:name{_a1=\"\"} 2\n"));
      CHECK(result.left_out.dropped.invalid == (one.name == "x" ? 1U : 2U));
    }
  }
}

TEST_CASE("reserved names are judged after relabelling") {
  LabelPolicy policy;
  policy.rules = {
      Rule(RelabelAction::kReplace, {"__name__"}, "exporter_(.*)", "__name__", "other_$1"),
      Rule(RelabelAction::kReplace, {"__name__"}, "mine_(.*)", "__name__", "process_$1")};
  FamilySet set;
  set.Gauge("exporter_x", "").Add(1);
  set.Gauge("mine_x", "").Add(2);
  const auto result = policy.Apply(std::move(set).Take());
  CHECK(Lines(result) == "other_x 1\n");
  CheckDropped(result.left_out.dropped, 0, 0, 1);
}

TEST_CASE("a name is reserved by its beginning") {
  CHECK(IsReservedName("exporter_x"));
  CHECK(IsReservedName("process_"));
  CHECK_FALSE(IsReservedName("my_exporter_x"));
  CHECK_FALSE(IsReservedName("exporter"));
}

TEST_CASE("a label that the type needs itself is invalid there and fine elsewhere") {
  FamilySet set;
  set.Gauge("g", "").Add({{"le", "1"}, {"quantile", "x"}}, 1);
  set.Open(MetricType::Histogram, "h", "").Add({{"le", "1"}}, TwoBuckets());
  set.Open(MetricType::Summary, "s", "").Add({{"quantile", "1"}}, ClientMetric::Summary{});
  const auto result = LabelPolicy{}.Apply(std::move(set).Take());
  CHECK(Lines(result) == "g{le=\"1\",quantile=\"x\"} 1\n");
  CheckDropped(result.left_out.dropped, 0, 0, 4 + 2);
}

TEST_CASE("the first of two equal series stays, and an empty label is no label") {
  FamilySet set;
  set.Gauge("x", "")
      .Add({{"b", "2"}, {"a", "1"}}, 1)
      .Add({{"a", "1"}, {"b", "2"}}, 2)
      .Add({{"a", "1"}, {"b", "2"}, {"c", ""}}, 3)
      .Add({{"a", "1"}}, 4);
  const auto result = LabelPolicy{}.Apply(std::move(set).Take());
  CHECK(Lines(result) == "x{a=\"1\",b=\"2\"} 1\nx{a=\"1\"} 4\n");
  CheckDropped(result.left_out.dropped, 2, 0, 0);
}

TEST_CASE("two series whose joined labels read alike are two") {
  FamilySet set;
  set.Gauge("x", "").Add({{"a", "1b"}, {"c", "2"}}, 1).Add({{"a", "1"}, {"bc", "2"}}, 2);
  CHECK(LabelPolicy{}.Apply(std::move(set).Take()).series == 2);
}

TEST_CASE("max_series cuts the largest family, and says which") {
  LabelPolicy policy;
  policy.max_series = 4;
  FamilySet set;
  set.Gauge("a", "").Add({{"n", "1"}}, 3).Add({{"n", "2"}}, 4).Add({{"n", "3"}}, 5);
  set.Gauge("b", "").Add(6);
  set.Gauge("c", "").Add(7);
  const auto result = policy.Apply(std::move(set).Take());
  CHECK(Lines(result) == "a{n=\"1\"} 3\na{n=\"2\"} 4\nb 6\nc 7\n");
  CheckDropped(result.left_out.dropped, 0, 1, 0);
  CHECK(result.series == 4);
  CHECK(NamesOf(result.left_out.cut) == "a 2 of 3");
}

TEST_CASE("an example of what is invalid says why") {
  FamilySet set;
  set.Open(MetricType::Histogram, "h", "").Add({{"le", "1"}}, TwoBuckets());
  CHECK(LabelPolicy{}.Apply(std::move(set).Take()).left_out.invalid_example ==
        "h: a label that the type needs for itself");
  FamilySet named;
  named.Gauge(std::string(100'000, '-'), "").Add(1);
  CHECK(LabelPolicy{}.Apply(std::move(named).Take()).left_out.invalid_example ==
        std::string(100, '-') + ": not a metric name");
}

}  // namespace exporter
