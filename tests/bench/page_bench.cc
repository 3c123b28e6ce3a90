// What a publication costs of CPU, packed page included, if all or a tenth of its families have
// changed, and what is left to do at a scrape without HTTP: for pages of three sizes, without and
// with a relabelling rule. Then the memory of a million series, and what 256 collectors cost.
// Each row is measured in a process of its own, so that RSS is that row's.

#include <fmt/format.h>
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <functional>
#include <vector>

#include "exporter/labels/relabel.h"
#include "exporter/page/page.h"
#include "exporter/page/snapshot_store.h"
#include "exporter/self_metrics.h"

namespace {

using std::chrono::steady_clock;

constexpr std::size_t kSeriesPerFamily = 100;
constexpr std::size_t kPublications = 10;
constexpr std::size_t kScrapes = 2'000;
constexpr std::size_t kSmallSlots = 4;  // Beside the large one, as the quickstart has.

// Of ten families so many have other values than in another round.
exporter::FamilySet MakeFamilies(std::size_t series, std::size_t tenths, std::size_t round) {
  exporter::FamilySet families;
  for (std::size_t i = 0; i < series; ++i) {
    const std::size_t number = i / kSeriesPerFamily;
    const double value = static_cast<double>(i + (number % 10 < tenths ? round : 0)) * 1.5;
    families.Gauge(fmt::format("shop_orders_{:04}", number), "Orders of a shop.")
        .Add({{"shop", fmt::format("shop-{}", i % kSeriesPerFamily)}, {"state", "open"}}, value);
  }
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

// CPU of this thread, in milliseconds.
double CpuMilliseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::size_t SizeOf(const exporter::PageBody& body) {
  std::size_t size = 0;
  for (const std::string_view piece : body.pieces) size += piece.size();
  return size;
}

// A store with one large collector and some small ones, of which somebody takes the page packed.
class Bench {
 public:
  Bench(std::size_t series, bool with_rule) : series_(series) {
    store_.AddSlot({"large", "bench", {}, MakePolicy(series, with_rule), std::chrono::hours(1)});
    for (std::size_t i = 1; i <= kSmallSlots; ++i)
      store_.AddSlot({fmt::format("small{}", i), "bench", {}, {}, std::chrono::hours(1)});
  }

  // CPU of a publication in which so many of ten families have changed.
  double Publish(std::size_t tenths) {
    std::vector<double> taken;
    for (std::size_t i = 0; i < kPublications; ++i) {
      exporter::Reading reading;
      reading.families = MakeFamilies(series_, tenths, ++round_);
      const double before = CpuMilliseconds();
      store_.RunEnded(0, exporter::Moment::Now(), std::move(reading));
      taken.push_back(CpuMilliseconds() - before);
    }
    return Median(std::move(taken));
  }

  double PublishSmall() {
    std::vector<double> taken;
    for (std::size_t i = 0; i < kPublications * kSmallSlots; ++i) {
      exporter::Reading reading;
      const std::size_t slot = 1 + i % kSmallSlots;
      reading.families.Gauge(fmt::format("small_{}", slot), "Small.").Add(static_cast<double>(i));
      const double before = CpuMilliseconds();
      store_.RunEnded(slot, exporter::Moment::Now(), std::move(reading));
      taken.push_back(CpuMilliseconds() - before);
    }
    return Median(std::move(taken));
  }

  std::size_t Scrape(exporter::Form form, const exporter::PageQuery& query = {}) {
    const auto now = steady_clock::now();
    const auto health = store_.Health(now);
    const auto page = store_.PageOf(query, now);
    store_.NoteForm(query, form, now);
    return SizeOf(exporter::BodyOf(page, form, self_.Families(health, now)));
  }

 private:
  std::size_t series_;
  std::size_t round_ = 0;
  exporter::SnapshotStore store_;
  exporter::SelfMetrics self_{exporter::BuildInfo{"bench", "bench", "bench"}, 0};
};

constexpr exporter::Form kPlain{};
constexpr exporter::Form kGzip{exporter::Format::kText, exporter::Coding::kGzip};

void MeasureRow(std::size_t series, bool with_rule) {
  Bench bench(series, with_rule);
  bench.Publish(10);
  bench.Scrape(kGzip);
  const double all = bench.Publish(10);
  const double tenth = bench.Publish(1);
  const double small = bench.PublishSmall();
  const double anonymous = MiB("RssAnon");
  const double peak = MiB("VmHWM");
  const std::size_t plain_size = bench.Scrape(kPlain);
  const std::size_t gzip_size = bench.Scrape(kGzip);
  const Spread plain = SpreadOf(kScrapes, [&] { bench.Scrape(kPlain); });
  const Spread gzip = SpreadOf(kScrapes, [&] { bench.Scrape(kGzip); });
  const Spread one = SpreadOf(kScrapes, [&] { bench.Scrape(kGzip, {{"large"}, {}}); });
  fmt::print(
      "{:>7} {:<4} {:>8.2f} {:>8.2f} {:>8.3f} {:>9} {:>8} {:>7.0f} {:>7.0f} {:>7.0f} {:>7.0f} "
      "{:>7.0f} {:>8.1f} {:>8.1f}\n",
      series, with_rule ? "yes" : "no", all, tenth, small, plain_size / 1024, gzip_size / 1024,
      plain.p50 * 1e3, plain.p99 * 1e3, gzip.p50 * 1e3, gzip.p99 * 1e3, one.p50 * 1e3, anonymous,
      peak);
  std::fflush(stdout);
}

// What a million series take: the families alone, and the page that is packed for scrapes.
void MeasureMillion() {
  constexpr std::size_t kSeries = 1'000'000;
  const double before = MiB("RssAnon");
  Bench bench(kSeries, false);
  bench.Publish(10);
  ::malloc_trim(0);
  const double families = MiB("RssAnon") - before;
  const std::size_t gzip = bench.Scrape(kGzip);
  ::malloc_trim(0);
  fmt::print("1,000,000 series: {:.0f} bytes a series, {:.1f} MiB of gzip besides\n",
             families * 1048576 / kSeries, static_cast<double>(gzip) / 1048576);
  std::fflush(stdout);
}

// Collectors of which each has families of its own and some that all of them share, and publishes
// once in 5 s: the part of a core that their publications and a scrape each 15 s take.
void MeasureMany() {
  constexpr std::size_t kCollectors = 256;
  constexpr std::size_t kRounds = 6;
  exporter::SnapshotStore store;
  for (std::size_t i = 0; i < kCollectors; ++i)
    store.AddSlot({fmt::format("c{}", i), "bench", {}, {}, std::chrono::hours(1)});
  const exporter::SelfMetrics self(exporter::BuildInfo{"bench", "bench", "bench"}, 0);
  double cpu = 0;
  for (std::size_t round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < kCollectors; ++i) {
      exporter::Reading reading;
      for (std::size_t k = 0; k < 30; ++k) {
        reading.families.Gauge(fmt::format("shared_{}", k), "Shared.")
            .Add({{"collector", fmt::format("c{}", i)}}, static_cast<double>(round));
        reading.families.Gauge(fmt::format("own_{}_{}", i, k), "Own.")
            .Add({{"n", "1"}}, static_cast<double>(round + k));
      }
      const double before = CpuMilliseconds();
      store.RunEnded(i, exporter::Moment::Now(), std::move(reading));
      cpu += CpuMilliseconds() - before;
    }
    if (round % 3 != 2) continue;
    const double before = CpuMilliseconds();
    const auto now = steady_clock::now();
    const auto health = store.Health(now);
    const auto page = store.CurrentPage(now);
    store.NoteForm({}, kGzip, now);
    exporter::BodyOf(page, kGzip, self.Families(health, now));
    cpu += CpuMilliseconds() - before;
  }
  fmt::print("256 collectors of 60 families at 5 s: {:.1f}% of a core\n",
             cpu / (kRounds * 5000) * 100);
  std::fflush(stdout);
}

// In a process of its own, so that RSS is that measurement's.
bool Apart(const std::function<void()>& measure) {
  const pid_t child = ::fork();
  if (child == 0) {
    measure();
    ::_exit(0);
  }
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
}

}  // namespace

int main() {
  fmt::print(
      "{:>7} {:<4} {:>8} {:>8} {:>8} {:>9} {:>8} {:>7} {:>7} {:>7} {:>7} {:>7} {:>8} {:>8}\n",
      "series", "rule", "all", "a tenth", "small", "plain", "gzip", "plain", "plain", "gzip",
      "gzip", "one", "anon", "peak");
  fmt::print(
      "{:>7} {:<4} {:>8} {:>8} {:>8} {:>9} {:>8} {:>7} {:>7} {:>7} {:>7} {:>7} {:>8} {:>8}\n", "",
      "", "CPU ms", "CPU ms", "CPU ms", "KiB", "KiB", "p50 us", "p99 us", "p50 us", "p99 us",
      "p50 us", "MiB", "MiB");
  std::fflush(stdout);
  for (const std::size_t series : {1'000UL, 10'000UL, 100'000UL}) {
    for (const bool with_rule : {false, true}) {
      if (!Apart([&] { MeasureRow(series, with_rule); })) return 1;
    }
  }
  return Apart(MeasureMillion) && Apart(MeasureMany) ? 0 : 1;
}
