#include "exporter/forms/open_metrics.h"

#include <doctest/doctest.h>

#include "exporter/seam/family_set.h"

namespace exporter {
namespace {

std::string Rendered(FamilySet set, bool is_name_free = true) {
  std::string text;
  for (const TimedFamily& timed : std::move(set).Take())
    AppendOpenMetrics(text, timed.family, is_name_free);
  return text;
}

}  // namespace

TEST_CASE("a counter's family has its name without _total") {
  FamilySet set;
  set.Counter("jobs_total", "Jobs.").Add({{"queue", "a"}}, 3);
  CHECK(Rendered(std::move(set)) ==
        "# TYPE jobs counter\n# HELP jobs Jobs.\njobs_total{queue=\"a\"} 3\n");
}

TEST_CASE("a counter that the format cannot name is of unknown type") {
  FamilySet unnamed;
  unnamed.Counter("pg_stat_database_xact_commit", "").Add(1);
  CHECK(Rendered(std::move(unnamed)) ==
        "# TYPE pg_stat_database_xact_commit unknown\npg_stat_database_xact_commit 1\n");
  FamilySet taken;
  taken.Counter("jobs_total", "").Add(1);
  CHECK(Rendered(std::move(taken), /*is_name_free=*/false) ==
        "# TYPE jobs_total unknown\njobs_total 1\n");
}

TEST_CASE("a unit is written if the family's name ends with it") {
  FamilySet set;
  set.Counter("wait_seconds_total", "").Add(1);
  set.Gauge("memory_bytes", "").Add(2);
  CHECK(Rendered(std::move(set)) ==
        "# TYPE wait_seconds counter\n# UNIT wait_seconds seconds\nwait_seconds_total 1\n"
        "# TYPE memory_bytes gauge\n# UNIT memory_bytes bytes\nmemory_bytes 2\n");
}

TEST_CASE("info, state set and gauge histogram have their own lines") {
  FamilySet set;
  set.Open(FamilyType::kInfo, "build_info", "").Add({{"version", "1"}}, 1);
  set.Open(FamilyType::kStateSet, "state", "").Add({{"state", "on"}}, 1);
  set.Open(FamilyType::kGaugeHistogram, "g", "").Add({}, HistogramValue{{{1, 2}}, 3, 4});
  CHECK(Rendered(std::move(set)) ==
        "# TYPE build info\nbuild_info{version=\"1\"} 1\n"
        "# TYPE state stateset\nstate{state=\"on\"} 1\n"
        "# TYPE g gaugehistogram\ng_bucket{le=\"1\"} 2\ng_bucket{le=\"+Inf\"} 4\n"
        "g_gsum 3\ng_gcount 4\n");
}

TEST_CASE("a summary of quantiles in percent is three families of unknown type") {
  FamilySet set;
  set.Open(FamilyType::kSummary, "s", "H.")
      .Add({{"cmd", "a"}}, SummaryValue{{{50, 1}, {99, 2}}, 3, 4});
  CHECK(Rendered(std::move(set)) ==
        "# TYPE s unknown\n# HELP s H.\ns{cmd=\"a\",quantile=\"50\"} 1\n"
        "s{cmd=\"a\",quantile=\"99\"} 2\n"
        "# TYPE s_sum unknown\n# HELP s_sum H.\ns_sum{cmd=\"a\"} 3\n"
        "# TYPE s_count unknown\n# HELP s_count H.\ns_count{cmd=\"a\"} 4\n");
}

TEST_CASE("HELP escapes the quote too, and a timestamp is in seconds") {
  FamilySet set;
  SampleExtras extras;
  extras.timestamp_ms = 1795240000123;
  set.Gauge("x", "a \"b\" \\ c\nd").Add(1).Extend(extras);
  CHECK(Rendered(std::move(set)) ==
        "# TYPE x gauge\n# HELP x a \\\"b\\\" \\\\ c\\nd\nx 1 1795240000.123\n");
}

TEST_CASE("exemplars stand on buckets and on counters, and nowhere else") {
  SampleExtras extras;
  extras.exemplars = {{0, Exemplar{{{"trace_id", "a\"b"}}, 0.25, 1795240000.5}}};
  FamilySet set;
  set.Open(FamilyType::kHistogram, "h", "").Add({}, HistogramValue{{{1, 2}}, 3, 2}).Extend(extras);
  set.Counter("c_total", "").Add(4).Extend(extras);
  set.Gauge("g", "").Add(5).Extend(extras);
  CHECK(Rendered(std::move(set)) ==
        "# TYPE h histogram\n"
        "h_bucket{le=\"1\"} 2 # {trace_id=\"a\\\"b\"} 0.25 1795240000.500\n"
        "h_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n"
        "# TYPE c counter\nc_total 4 # {trace_id=\"a\\\"b\"} 0.25 1795240000.500\n"
        "# TYPE g gauge\ng 5\n");
}

}  // namespace exporter
