#include "exporter/up_series.h"

#include <doctest/doctest.h>

#include "exporter/relabel.h"

namespace exporter {
namespace {

constexpr UpFamily kRedis{"redis_up", "Whether Redis answered."};

std::shared_ptr<const RelabelRule> Rule(RelabelAction action, std::string regex,
                                        std::string replacement = "$1") {
  return RelabelRule::Make(
      {{"__name__"}, ";", "__name__", std::move(regex), 0, std::move(replacement), action});
}

}  // namespace

TEST_CASE("an up-gauge has its collector's labels and prefix") {
  LabelPolicy policy;
  policy.labels = {{"shop", "a"}};
  policy.prefix = "acme_";
  const UpSeries up = MakeUpSeries(kRedis, policy);
  CHECK(up.name == "acme_redis_up");
  CHECK(up.header == "# HELP acme_redis_up Whether Redis answered.\n# TYPE acme_redis_up gauge\n");
  CHECK(up.sample == "acme_redis_up{shop=\"a\"} ");
}

TEST_CASE("an up-gauge without labels has no braces") {
  CHECK(MakeUpSeries(kRedis, {}).sample == "redis_up ");
}

TEST_CASE("an up-gauge is relabelled, and gone where a rule drops it") {
  LabelPolicy renamed;
  renamed.rules = {Rule(RelabelAction::kReplace, "redis_(.*)", "cache_$1")};
  CHECK(MakeUpSeries(kRedis, renamed).name == "cache_up");
  LabelPolicy dropped;
  dropped.rules = {Rule(RelabelAction::kDrop, "redis_.*")};
  CHECK(MakeUpSeries(kRedis, dropped).name.empty());
}

TEST_CASE("a type without an up-gauge has none") { CHECK(MakeUpSeries({}, {}).name.empty()); }

}  // namespace exporter
