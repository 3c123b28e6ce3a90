#include <doctest/doctest.h>

#include <array>
#include <string>

#include "exporter/config/config.h"
#include "exporter/seam/watchdog.h"

namespace exporter {
namespace {

class Idle : public Collector {
 public:
  Reading Collect(const CollectContext& /*context*/) override { return {}; }
};

// Refuses a URL that begins with "bad", and warns of one that begins with "odd".
std::unique_ptr<Collector> MakeCache(YamlReader& options, const JobSettings& /*settings*/) {
  const SecretSource url = options.RequiredSource("url");
  if (!url.given()) return nullptr;
  if (url.literal()->Reveal().starts_with("bad")) {
    options.Problem("url", "it is bad");
    return nullptr;
  }
  if (url.literal()->Reveal().starts_with("odd")) options.Warn("url", "it is odd");
  return std::make_unique<Idle>();
}

constexpr HealthFamily kUp[] = {{"cache_up", HealthValue::kUp, ""}};
constexpr std::array<CollectorType, 1> kTypes = {{{"cache", "", "", "", kUp, &MakeCache}}};

std::optional<std::string> Variable(const std::string& name) {
  if (name == "BAD_URL") return "bad://hunter2";
  if (name == "ODD_URL") return "odd://hunter2";
  return "good://h";
}

ConfigResult Parse(const std::string& text, BadCollector bad_collector) {
  return ParseConfig(text, kTypes, Variable, "", bad_collector);
}

std::string Failure(Collector& collector) {
  Watchdog watchdog;
  try {
    collector.Collect({Deadline::After(std::chrono::seconds(1)), watchdog});
  } catch (const CollectError& error) {
    CHECK(error.kind() == ErrorKind::kConnect);
    return error.what();
  }
  return "";
}

constexpr const char* kThree = R"(collectors:
  - {type: cache, name: a, url: "${BAD_URL}", labels: {n: a}}
  - {type: cache, name: b, url: "${GOOD_URL}", labels: {n: b}}
  - {type: cache, name: c, url: bad, labels: {n: c}}
)";

}  // namespace

TEST_CASE("a mistake is an error of the whole configuration, and names the variable it is in") {
  const ConfigResult result = Parse(kThree, BadCollector::kIsAnError);
  CHECK(result.jobs.empty());
  REQUIRE(result.problems.size() == 2);
  CHECK(FormatProblem("f", result.problems[0]) == "f:2:33: BAD_URL: it is bad");
  CHECK(FormatProblem("f", result.problems[1]) == "f:4:33: it is bad");
}

TEST_CASE("if mistakes cost only their collectors, each of those fails with its own") {
  const ConfigResult result = Parse(kThree, BadCollector::kIsDown);
  CHECK(result.problems.empty());
  REQUIRE(result.jobs.size() == 3);
  CHECK(result.jobs[0].type == &kTypes[0]);
  CHECK(Failure(*result.jobs[0].collector) == "BAD_URL: it is bad");
  CHECK(Failure(*result.jobs[1].collector).empty());
  CHECK(Failure(*result.jobs[2].collector) == "it is bad");
}

TEST_CASE("mistakes of other kinds stay errors") {
  for (const char* text : {"collectors: [{type: cash, url: x}]", "collectors: []", "colectors: []",
                           "collectors: [{type: cache, url: x, interval: 1}]"}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(Parse(text, BadCollector::kIsDown).problems.empty());
  }
}

TEST_CASE("a warning stands at its value, names key and variable, and is said once") {
  const ConfigResult result = Parse(R"(collectors:
  - {type: cache, name: a, url: "${ODD_URL}", labels: {n: a}}
  - {type: cache, name: b, url: "${ODD_URL:-x}", labels: {n: b}}
)",
                                    BadCollector::kIsAnError);
  CHECK(result.jobs.size() == 2);
  REQUIRE(result.warnings.size() == 1);
  CHECK(FormatProblem("f", result.warnings[0]) == "f:2:33: ODD_URL: url: it is odd");
}

}  // namespace exporter
