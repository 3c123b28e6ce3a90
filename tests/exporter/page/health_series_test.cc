#include "exporter/page/health_series.h"

#include <doctest/doctest.h>

#include "exporter/labels/relabel.h"
#include "exporter/page/page.h"
#include "exporter/page/snapshot_store.h"

namespace exporter {
namespace {

constexpr HealthFamily kUp{"redis_up", HealthValue::kUp, "Whether Redis answered."};
constexpr HealthFamily kError{"last_error", HealthValue::kFailedWithReason, "Whether it failed."};

std::shared_ptr<const RelabelRule> Rule(RelabelAction action, std::string regex,
                                        std::string replacement = "$1",
                                        std::string source = "__name__") {
  return RelabelRule::Make(
      {{std::move(source)}, ";", "__name__", std::move(regex), 0, std::move(replacement), action});
}

std::string PageOf(const CollectorHealth& health, std::span<const HealthFamily> families,
                   const LabelPolicy& policy) {
  CollectorHealth shown = health;
  shown.health_series =
      std::make_shared<const std::vector<HealthSeries>>(MakeHealthSeries(families, policy));
  return TextOf(HealthFamilies({shown}));
}

// The one family's lines; empty if rules drop it whole.
std::string Lines(const HealthFamily& family, const CollectorHealth& health,
                  const LabelPolicy& policy = {}) {
  std::string text = PageOf(health, {&family, 1}, policy);
  while (text.starts_with('#')) text.erase(0, text.find('\n') + 1);
  return text;
}

CollectorHealth Failed(ErrorKind kind) {
  CollectorHealth health;
  health.last_errors = {CollectError(kind, "")};
  return health;
}

CollectorHealth Up() {
  CollectorHealth health;
  health.up = true;
  health.duration_seconds = 0.25;
  health.durations_seconds = 2.5;
  health.collections = {4, 3, 2, 1};
  return health;
}

}  // namespace

TEST_CASE("a health family has its collector's labels and prefix") {
  LabelPolicy policy;
  policy.labels = {{"shop", "a"}};
  policy.prefix = "acme_";
  CHECK(PageOf(Up(), {&kUp, 1}, policy) ==
        "# HELP acme_redis_up Whether Redis answered.\n# TYPE acme_redis_up gauge\n"
        "acme_redis_up{shop=\"a\"} 1\n");
}

TEST_CASE("a health family is relabelled, and gone where a rule drops it") {
  LabelPolicy renamed;
  renamed.rules = {Rule(RelabelAction::kReplace, "redis_(.*)", "cache_$1")};
  CHECK(Lines(kUp, Up(), renamed) == "cache_up 1\n");
  LabelPolicy dropped;
  dropped.rules = {Rule(RelabelAction::kDrop, "redis_.*")};
  CHECK(MakeHealthSeries({&kUp, 1}, dropped).empty());
}

TEST_CASE("each value of health has its lines") {
  const struct {
    HealthValue value;
    std::string lines;
  } cases[] = {
      {HealthValue::kUp, "x 1\n"},           {HealthValue::kFailed, "x 0\n"},
      {HealthValue::kDuration, "x 0.25\n"},  {HealthValue::kDurations, "x_sum 2.5\nx_count 10\n"},
      {HealthValue::kCollections, "x 10\n"},
  };
  for (const auto& row : cases) CHECK(Lines({"x", row.value, ""}, Up()) == row.lines);
  CHECK(Lines({"x", HealthValue::kUp, ""}, Failed(ErrorKind::kAuth)) == "x 0\n");
  CHECK(Lines({"x", HealthValue::kFailed, ""}, Failed(ErrorKind::kAuth)) == "x 1\n");
}

TEST_CASE("a failure has its reason as a label, and only that one's line") {
  CHECK(Lines(kError, Up()) == "last_error{err=\"\"} 0\n");
  CHECK(Lines(kError, Failed(ErrorKind::kConnect)) == "last_error{err=\"connect\"} 1\n");
  CHECK(Lines(kError, Failed(ErrorKind::kInternal)) == "last_error{err=\"internal\"} 1\n");
  LabelPolicy policy;
  policy.rules = {Rule(RelabelAction::kDrop, "auth", "$1", "err")};
  CHECK(Lines(kError, Failed(ErrorKind::kAuth), policy).empty());
  CHECK(Lines(kError, Up(), policy) == "last_error{err=\"\"} 0\n");
}

TEST_CASE("parts that failed while the target answered are no failed run") {
  CollectorHealth health = Up();
  health.last_errors = {CollectError(ErrorKind::kPermission, "CONFIG", "config")};
  CHECK(Lines(kError, health) == "last_error{err=\"\"} 0\n");
}

TEST_CASE("a summary that a rule tears into lines is not shown") {
  LabelPolicy policy;
  policy.rules = {Rule(RelabelAction::kDrop, "x_sum")};
  CHECK(Lines({"x", HealthValue::kDurations, ""}, Up(), policy).empty());
}

TEST_CASE("a type without health families has none") { CHECK(MakeHealthSeries({}, {}).empty()); }

}  // namespace exporter
