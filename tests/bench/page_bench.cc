// What a publication costs, step by step, and what is left to do at a scrape
// without HTTP: for pages of three sizes, without and with a relabelling rule.
// Each row is measured in a process of its own, so that RSS is that row's.

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <vector>

#include "exporter/page.h"
#include "exporter/relabel.h"
#include "exporter/self_metrics.h"
#include "exporter/snapshot_store.h"

namespace {

using std::chrono::steady_clock;

constexpr std::size_t kSeriesPerFamily = 100;
constexpr std::size_t kPublications = 10;
constexpr std::size_t kScrapes = 2'000;
constexpr std::size_t kSmallSlots = 4;  // Beside the large one, as the quickstart has.

exporter::FamilySet MakeFamilies(std::size_t series) {
  exporter::FamilySet families;
  for (std::size_t i = 0; i < series; ++i)
    families.Gauge(fmt::format("shop_orders_{:04}", i / kSeriesPerFamily), "Orders of a shop.")
        .Add({{"shop", fmt::format("shop-{}", i % kSeriesPerFamily)}, {"state", "open"}},
             static_cast<double>(i) * 1.5);
  return families;
}

exporter::LabelPolicy MakePolicy(std::size_t series, bool with_rule) {
  exporter::LabelPolicy policy;
  policy.labels = {{"service", "bench"}};
  policy.max_series = series;
  if (with_rule) {
    exporter::RelabelConfig config;
    config.source_labels = {"shop"};
    config.regex = "shop-(.*)";
    config.target_label = "number";
    policy.rules = {exporter::RelabelRule::Make(config)};
  }
  return policy;
}

double MillisecondsOf(const std::function<void()>& work) {
  const auto start = steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(steady_clock::now() - start).count();
}

struct Spread {
  double p50;
  double p99;
};

Spread SpreadOf(std::size_t times, const std::function<void()>& work) {
  std::vector<double> taken;
  for (std::size_t i = 0; i < times; ++i) taken.push_back(MillisecondsOf(work));
  std::sort(taken.begin(), taken.end());
  return {taken[times / 2], taken[times * 99 / 100]};
}

double MiB(const std::string& what) {
  std::ifstream status("/proc/self/status");
  for (std::string key; status >> key;) {
    double kib = 0;
    if (key == what + ":" && status >> kib) return kib / 1024;
  }
  return 0;
}

// Medians of the three steps of a publication, in milliseconds.
struct Steps {
  double policy;
  double render;
  double page;
};

Steps MeasureSteps(std::size_t series, const exporter::LabelPolicy& policy) {
  std::vector<double> policies;
  std::vector<double> renders;
  std::vector<double> pages;
  for (std::size_t i = 0; i < kPublications; ++i) {
    auto families = MakeFamilies(series).Take();
    exporter::LabelPolicy::Result result;
    policies.push_back(MillisecondsOf([&] { result = policy.Apply(std::move(families)); }));
    std::shared_ptr<const exporter::Snapshot> snapshot;
    renders.push_back(MillisecondsOf([&] {
      snapshot = std::make_shared<const exporter::Snapshot>(
          exporter::RenderSnapshot(std::move(result.families), exporter::SteadyTime::max()));
    }));
    pages.push_back(
        MillisecondsOf([&] { const exporter::Page page({snapshot}, {}, {}, nullptr); }));
  }
  for (auto* step : {&policies, &renders, &pages}) std::sort(step->begin(), step->end());
  constexpr std::size_t kMiddle = kPublications / 2;
  return {policies[kMiddle], renders[kMiddle], pages[kMiddle]};
}

std::size_t SizeOf(const exporter::PageBody& body) {
  std::size_t size = 0;
  for (const std::string_view piece : body.pieces) size += piece.size();
  return size;
}

// The last collector to publish is a small one: what is left to it is the price
// of a page on which little has changed.
double PublishSmall(exporter::SnapshotStore& store, std::size_t slot) {
  return SpreadOf(kPublications,
                  [&] {
                    exporter::Reading reading;
                    reading.families.Gauge(fmt::format("small_{}", slot), "Small.").Add(1);
                    store.RunEnded(slot, exporter::Moment::Now(), std::move(reading));
                  })
      .p50;
}

void MeasureRow(std::size_t series, bool with_rule) {
  const exporter::LabelPolicy policy = MakePolicy(series, with_rule);
  exporter::SnapshotStore store;
  store.AddSlot({"large", "bench", {}, policy, std::chrono::hours(1)});
  for (std::size_t i = 1; i <= kSmallSlots; ++i)
    store.AddSlot({fmt::format("small{}", i), "bench", {}, {}, std::chrono::hours(1)});
  for (int run = 0; run < 3; ++run)  // The old snapshot is there while the new one is made.
    store.RunEnded(0, exporter::Moment::Now(), {MakeFamilies(series), {}});
  double small = 0;
  for (std::size_t i = 1; i <= kSmallSlots; ++i) small = PublishSmall(store, i);
  const double anonymous = MiB("RssAnon");
  const double peak = MiB("VmHWM");

  const exporter::SelfMetrics self(exporter::BuildInfo{"bench", "bench", "bench"}, 0);
  exporter::PageBody body;
  const auto scrape = [&](bool gzip) {
    const auto now = steady_clock::now();
    auto page = store.CurrentPage(now);
    std::string tail = self.Render(store.Health(now), now);
    body = gzip ? exporter::GzipBody(std::move(page), tail)
                : exporter::PlainBody(std::move(page), std::move(tail));
  };
  const Spread plain = SpreadOf(kScrapes, [&] { scrape(false); });
  const std::size_t plain_size = SizeOf(body);
  const Spread gzip = SpreadOf(kScrapes, [&] { scrape(true); });
  const std::size_t gzip_size = SizeOf(body);
  body = {};
  const Steps steps = MeasureSteps(series, policy);
  fmt::print(
      "{:>7} {:<4} {:>8.2f} {:>8.2f} {:>8.2f} {:>8.3f} {:>9} {:>8} {:>7.0f} {:>7.0f} "
      "{:>7.0f} {:>7.0f} {:>8.1f} {:>8.1f}\n",
      series, with_rule ? "yes" : "no", steps.policy, steps.render, steps.page, small,
      plain_size / 1024, gzip_size / 1024, plain.p50 * 1e3, plain.p99 * 1e3, gzip.p50 * 1e3,
      gzip.p99 * 1e3, anonymous, peak);
  std::fflush(stdout);
}

}  // namespace

int main() {
  fmt::print(
      "{:>7} {:<4} {:>8} {:>8} {:>8} {:>8} {:>9} {:>8} {:>7} {:>7} {:>7} {:>7} {:>8} "
      "{:>8}\n",
      "series", "rule", "policy", "render", "deflate", "small", "plain", "gzip", "plain", "plain",
      "gzip", "gzip", "anon", "peak");
  fmt::print(
      "{:>7} {:<4} {:>8} {:>8} {:>8} {:>8} {:>9} {:>8} {:>7} {:>7} {:>7} {:>7} {:>8} "
      "{:>8}\n",
      "", "", "ms", "ms", "ms", "ms", "KiB", "KiB", "p50 us", "p99 us", "p50 us", "p99 us", "MiB",
      "MiB");
  std::fflush(stdout);
  for (const std::size_t series : {1'000UL, 10'000UL, 100'000UL}) {
    for (const bool with_rule : {false, true}) {
      const pid_t child = ::fork();
      if (child == 0) {
        MeasureRow(series, with_rule);
        ::_exit(0);
      }
      int status = 0;
      if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0) return 1;
    }
  }
}
