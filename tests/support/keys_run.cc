#include "tests/support/keys_run.h"

#include <doctest/doctest.h>
#include <yaml-cpp/yaml.h>

#include <utility>
#include <vector>

#include "tests/support/taken.h"

namespace collectors::testing {
namespace {

using exporter::CollectError;
using std::chrono::seconds;

double ValueOf(const auto& timed, const prometheus::ClientMetric& metric) {
  return timed.family.type == prometheus::MetricType::Counter ? metric.counter.value
                                                              : metric.gauge.value;
}

// The samples as "name{a,b} 1", one a line, without the walks' own.
std::string PageOf(exporter::FamilySet families) {
  std::string page;
  for (const auto& timed : exporter::testing::TakenFrom(std::move(families))) {
    if (timed.family.name.starts_with("redis_key_discovery")) continue;
    for (const auto& metric : timed.family.metric) {
      page += timed.family.name + "{";
      for (std::size_t i = 0; i < metric.label.size(); ++i) {
        page += (i > 0 ? "," : "") + metric.label[i].value;
      }
      page += "} " + ShownNumber(ValueOf(timed, metric)) + "\n";
    }
  }
  return page;
}

}  // namespace

std::string ShownNumber(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

KeyOptions KeyOptionsOf(const std::string& entries) {
  std::vector<exporter::ConfigProblem> problems;
  exporter::YamlReader reader(YAML::Load("keys: [" + entries + "]"), problems);
  KeyOptions options = ReadKeyOptions(reader, 0);
  REQUIRE(problems.empty());
  return options;
}

KeysRun::KeysRun(const std::string& entries, std::size_t max_series, WalkLimits limits)
    : walks(limits, [this] { return now; }),
      part(KeyOptionsOf(entries).entries, max_series, walks) {}

std::string KeysRun::Collect() {
  store.Forget();
  exporter::Reading reading;
  const exporter::CollectContext context{exporter::Deadline::At(now + seconds(5)), watchdog};
  walks.Step(context, store, now, 0, reading);
  part.Collect(context, store, reading);
  problems.clear();
  for (const CollectError& problem : reading.problems) {
    problems += std::string(exporter::Name(problem.kind())) + " " + problem.part() + " " +
                problem.what() + "\n";
  }
  cut = reading.cut_series;
  exporter::FamilySet families = std::move(reading.families);
  return PageOf(std::move(families));
}

std::string KeysRun::CollectLater() {
  now += seconds(300);
  return Collect();
}

}  // namespace collectors::testing
