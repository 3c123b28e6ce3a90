#include "exporter/http/http_cut.h"

#include <doctest/doctest.h>

#include "exporter/http/http_metrics.h"

namespace exporter {

using namespace std::chrono_literals;

TEST_CASE(
    "cut answers are logged once a handler and reason, and after a minute with their number") {
  HttpCutLog log;
  const SteadyTime start = SteadyTime{} + 1h;
  CHECK(log.Due("metrics", HttpCut::kSlow, start) == 1);
  CHECK(log.Due("metrics", HttpCut::kDeadline, start) == 1);
  CHECK(log.Due("status", HttpCut::kSlow, start) == 1);
  for (int i = 0; i < 5; ++i) CHECK_FALSE(log.Due("metrics", HttpCut::kSlow, start + 59s));
  CHECK(log.Due("metrics", HttpCut::kSlow, start + 60s) == 6);
  CHECK_FALSE(log.Due("metrics", HttpCut::kSlow, start + 61s));
  CHECK(log.Due("metrics", HttpCut::kSlow, start + 10min) == 2);
}

TEST_CASE("cut answers are counted by reason, from 0") {
  HttpMetrics metrics;
  for (const HttpCut reason : {HttpCut::kSlow, HttpCut::kStop, HttpCut::kSlow})
    metrics.CountCut(Name(reason));
  std::map<std::string, double> counts;
  for (const auto& family : metrics.Collect()) {
    if (family.name != "exporter_http_cut_answers_total") continue;
    for (const auto& metric : family.metric)
      counts[metric.label.at(0).value] = metric.counter.value;
  }
  CHECK(counts ==
        std::map<std::string, double>{{"client", 0}, {"deadline", 0}, {"slow", 2}, {"stop", 1}});
}

}  // namespace exporter
