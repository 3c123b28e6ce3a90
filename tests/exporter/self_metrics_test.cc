#include "exporter/self_metrics.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "exporter/page/health_series.h"
#include "exporter/page/page.h"

namespace exporter {
namespace {

CollectorHealth Health(std::string name, bool up, std::vector<HealthFamily> families = {},
                       Labels labels = {}) {
  CollectorHealth health;
  health.name = std::move(name);
  health.type = "redis";
  health.up = up;
  LabelPolicy policy;
  policy.labels = std::move(labels);
  health.health_series =
      std::make_shared<const std::vector<HealthSeries>>(MakeHealthSeries(families, policy));
  return health;
}

bool HasLine(const std::string& page, const std::string& line) {
  return ("\n" + page).find("\n" + line + "\n") != std::string::npos;
}

std::vector<std::string> LinesOfPage(const std::string& page) {
  std::vector<std::string> lines;
  std::istringstream stream(page);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

HealthFamily Up(std::string_view name, std::string_view help) {
  return {name, HealthValue::kUp, help};
}
const BuildInfo kBuild{"1.2.3", "abc", "GNU 12"};

std::string Render(const SelfMetrics& metrics, const std::vector<CollectorHealth>& collectors,
                   SteadyTime now) {
  return TextOf(metrics.Families(collectors, now));
}

std::string RenderHealth(const std::vector<CollectorHealth>& collectors) {
  return TextOf(HealthFamilies(collectors));
}

// As the store keeps what a collector reports of its own work.
std::shared_ptr<const SlotFamilies> Account(const std::string& collector, double value,
                                            std::optional<SteadyTime> expires_at = {}) {
  FamilySet families;
  families.Open(prometheus::MetricType::Gauge, "exporter_collector_leader", "Leads.", expires_at)
      .Add({{"collector", collector}}, value);
  SlotFamilies published;
  for (TimedFamily& timed : std::move(families).Take())
    published.push_back({std::make_shared<const Family>(std::move(timed.family)),
                         timed.expires_at.value_or(SteadyTime::max())});
  return std::make_shared<const SlotFamilies>(std::move(published));
}

}  // namespace

TEST_CASE("every result and reason of a collector is there at 0 from the start") {
  const std::string page = Render(SelfMetrics(kBuild, 5), {Health("cache", false)}, SteadyTime{});
  const std::string who = "{collector=\"cache\",type=\"redis\"";
  for (const char* result : {"success", "error", "timeout", "skipped"})
    CHECK(HasLine(page,
                  "exporter_collector_collections_total" + who + ",result=\"" + result + "\"} 0"));
  for (const char* reason : {"connect", "auth", "permission", "timeout", "protocol", "query",
                             "missing", "limit", "internal"})
    CHECK(HasLine(page, "exporter_collector_errors_total" + who + ",reason=\"" + reason + "\"} 0"));
  for (const char* reason : {"duplicate", "limit", "invalid"})
    CHECK(HasLine(
        page, "exporter_collector_dropped_samples_total" + who + ",reason=\"" + reason + "\"} 0"));
  CHECK(HasLine(page, "exporter_collector_last_success_timestamp_seconds" + who + "} 0"));
}

TEST_CASE("each field of a collector's health is shown under its own name") {
  CollectorHealth health = Health("cache", true);
  health.failed_parts = 2;
  health.series = 30;
  health.duration_seconds = 0.25;
  health.last_success_unix = 1795240000.5;
  health.collections = {4, 5, 6, 7};
  health.errors = {11, 12, 13, 14, 15, 16, 17, 18, 19};
  health.dropped = {21, 22, 23};
  const std::string page = Render(SelfMetrics(kBuild, 5), {health}, SteadyTime{});
  const std::string who = "{collector=\"cache\",type=\"redis\"";
  const std::vector<std::string> lines = {
      "exporter_collector_up" + who + "} 1",
      "exporter_collector_failed_parts" + who + "} 2",
      "exporter_collector_series" + who + "} 30",
      "exporter_collector_duration_seconds" + who + "} 0.25",
      "exporter_collector_last_success_timestamp_seconds" + who + "} 1795240000.5",
      "exporter_collector_collections_total" + who + ",result=\"success\"} 4",
      "exporter_collector_collections_total" + who + ",result=\"skipped\"} 7",
      "exporter_collector_errors_total" + who + ",reason=\"connect\"} 11",
      "exporter_collector_errors_total" + who + ",reason=\"timeout\"} 14",
      "exporter_collector_errors_total" + who + ",reason=\"internal\"} 19",
      "exporter_collector_dropped_samples_total" + who + ",reason=\"duplicate\"} 21",
      "exporter_collector_dropped_samples_total" + who + ",reason=\"limit\"} 22",
      "exporter_collector_dropped_samples_total" + who + ",reason=\"invalid\"} 23",
      "exporter_build_info{version=\"1.2.3\",revision=\"abc\",compiler=\"GNU 12\"} 1",
      "exporter_config_last_reload_successful 1",
      "exporter_config_last_reload_success_timestamp_seconds 5",
  };
  for (const std::string& line : lines) {
    INFO(line);
    CHECK(HasLine(page, line));
  }
}

TEST_CASE("the process has the families that every Prometheus client has") {
  const std::string page = Render(SelfMetrics(kBuild, 5), {}, SteadyTime{});
  for (const char* name : {"cpu_seconds_total counter", "open_fds gauge", "max_fds gauge",
                           "virtual_memory_bytes gauge", "virtual_memory_max_bytes gauge",
                           "resident_memory_bytes gauge", "start_time_seconds gauge"})
    CHECK(HasLine(page, std::string("# TYPE process_") + name));
}

TEST_CASE("requests are counted by handler and code, and timed by handler") {
  SelfMetrics metrics(kBuild, 5);
  metrics.http().Observe("metrics", 200, 0.0002);
  metrics.http().Observe("metrics", 400, 0.3);
  const std::string page = Render(metrics, {}, SteadyTime{});
  CHECK(HasLine(page, "exporter_http_requests_total{code=\"200\",handler=\"metrics\"} 1"));
  CHECK(HasLine(page, "exporter_http_requests_total{code=\"400\",handler=\"metrics\"} 1"));
  const std::string seconds = "exporter_http_request_duration_seconds";
  CHECK(HasLine(page, seconds + "_bucket{handler=\"metrics\",le=\"0.0001\"} 0"));
  CHECK(HasLine(page, seconds + "_bucket{handler=\"metrics\",le=\"0.00025\"} 1"));
  CHECK(HasLine(page, seconds + "_count{handler=\"metrics\"} 2"));
}

TEST_CASE("connections that could not be accepted are counted by reason, from 0") {
  SelfMetrics metrics(kBuild, 5);
  metrics.http().CountNotAccepted("descriptors");
  const std::string page = Render(metrics, {}, SteadyTime{});
  const std::string family = "exporter_http_accept_errors_total";
  CHECK(HasLine(page, family + "{reason=\"descriptors\"} 1"));
  CHECK(HasLine(page, family + "{reason=\"memory\"} 0"));
  CHECK(HasLine(page, family + "{reason=\"network\"} 0"));
}

TEST_CASE("the tail names each family and each series once, also with many collectors") {
  const std::string page =
      Render(SelfMetrics(kBuild, 5), {Health("a", true), Health("b", false), Health("c", true)},
             SteadyTime{});
  std::set<std::string> seen;
  for (const std::string& line : LinesOfPage(page)) {
    INFO(line);
    CHECK(seen.insert(line.starts_with('#') ? line : line.substr(0, line.rfind(' '))).second);
  }
}

TEST_CASE("what collectors tell of their own work is one family, until it expires") {
  std::vector<CollectorHealth> healths = {Health("a", true), Health("b", true), Health("c", true)};
  healths[0].account = Account("a", 1, SteadyTime{} + std::chrono::seconds(5));
  healths[2].account = Account("c", 0);
  const SelfMetrics metrics(kBuild, 5);
  CHECK(Render(metrics, healths, SteadyTime{})
            .starts_with("# HELP exporter_collector_leader Leads.\n"
                         "# TYPE exporter_collector_leader gauge\n"
                         "exporter_collector_leader{collector=\"a\"} 1\n"
                         "exporter_collector_leader{collector=\"c\"} 0\n"));
  const std::string later = Render(metrics, healths, SteadyTime{} + std::chrono::seconds(5));
  CHECK_FALSE(HasLine(later, "exporter_collector_leader{collector=\"a\"} 1"));
  CHECK(HasLine(later, "exporter_collector_leader{collector=\"c\"} 0"));
}

TEST_CASE("health families of several collectors are one family, by name") {
  const std::string page = RenderHealth({
      Health("b", true, {Up("redis_up", "First.")}, {{"shop", "b"}}),
      Health("p", false, {Up("pg_up", "Postgres.")}),
      Health("a", false, {Up("redis_up", "Second.")}, {{"shop", "a"}}),
      Health("none", true),
  });
  CHECK(page ==
        "# HELP pg_up Postgres.\n# TYPE pg_up gauge\npg_up 0\n"
        "# HELP redis_up First.\n# TYPE redis_up gauge\n"
        "redis_up{shop=\"b\"} 1\nredis_up{shop=\"a\"} 0\n");
}

TEST_CASE("of two collectors with the same up-series the first one's is shown") {
  const HealthFamily redis = Up("redis_up", "Whether Redis answered.");
  const std::string page = RenderHealth({Health("a", true, {redis}), Health("b", false, {redis})});
  CHECK(page == "# HELP redis_up Whether Redis answered.\n# TYPE redis_up gauge\nredis_up 1\n");
}

}  // namespace exporter
