#include <doctest/doctest.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>
#include <utility>

#include "exporter/page/page_index.h"
#include "tests/support/page_check.h"
#include "tests/support/taken.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using prometheus::ClientMetric;
using prometheus::MetricType;

constexpr SteadyTime kStart{};
constexpr SteadyTime kLater = kStart + 60s;

SlotFamilies Shot(FamilySet set, SteadyTime expires_at = kLater) {
  SlotFamilies families;
  for (TimedFamily& timed : std::move(set).Take())
    families.push_back({std::make_shared<const Family>(std::move(timed.family)),
                        timed.expires_at.value_or(expires_at)});
  std::stable_sort(families.begin(), families.end(), [](const auto& a, const auto& b) {
    return a.family->name() < b.family->name();
  });
  return families;
}

// Gauges without a label, each of value 1.
SlotFamilies Gauges(const std::vector<std::string>& names) {
  FamilySet set;
  for (const std::string& name : names) set.Gauge(name, "").Add(1);
  return Shot(std::move(set));
}

// One family "x", with a sample for each value of the label l.
SlotFamilies Samples(const std::vector<std::string>& values, const std::string& help = "",
                     MetricType type = MetricType::Gauge) {
  FamilySet set;
  auto& family = set.Open(type, "x", help);
  for (const std::string& value : values) family.Add({{"l", value}}, 1);
  return Shot(std::move(set));
}

SlotFamilies Histogram(const std::string& name, const std::string& label = "a") {
  FamilySet set;
  set.Open(MetricType::Histogram, name, "").Add({{"l", label}}, HistogramValue{{{0.5, 1}}, 0, 2});
  return Shot(std::move(set));
}

// The page of these slots, which publish in their order.
std::shared_ptr<const Page> Make(const std::vector<SlotFamilies>& slots,
                                 const std::set<std::string>& reserved = {}) {
  PageIndex index(reserved);
  for (std::size_t slot = 0; slot < slots.size(); ++slot) index.Update(slot, slots[slot]);
  return std::make_shared<const Page>(index.AllChunks(), slots.size());
}

std::string TextOf(const PageIndex& index) { return Page(index.AllChunks(), 9).Text(); }

using Counts = std::vector<std::size_t>;

std::string Joined(const PageBody& body) {
  std::string bytes;
  for (const std::string_view piece : body.pieces) bytes += piece;
  return bytes;
}

// The text of exactly one gzip member; zlib checks its CRC and its length.
std::string Gunzip(std::string bytes) {
  z_stream stream{};
  constexpr int kGzipOnly = 16 + MAX_WBITS;
  if (::inflateInit2(&stream, kGzipOnly) != Z_OK) throw std::runtime_error("inflateInit2");
  std::string text(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  const int result = ::inflate(&stream, Z_FINISH);
  text.resize(stream.total_out);
  ::inflateEnd(&stream);
  if (result != Z_STREAM_END || stream.avail_in != 0) throw std::runtime_error("no gzip member");
  return text;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("families of all slots stand in the order of their names") {
  const auto page = Make({Gauges({"c", "a"}), {}, Gauges({"b"})});
  CHECK(page->Text() == "# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# TYPE c gauge\nc 1\n");
  CHECK(page->series() == Counts{2, 0, 1});
  CHECK(page->duplicates() == Counts{0, 0, 0});
}

TEST_CASE("a family of two slots has one header, of the first slot, and both slots' series") {
  const auto page = Make({Samples({"a"}, "First."), Samples({"b"}, "Second.")});
  CHECK(page->Text() == "# HELP x First.\n# TYPE x gauge\nx{l=\"a\"} 1\nx{l=\"b\"} 1\n");
  CHECK(page->series() == Counts{1, 1});
}

TEST_CASE("of a series that two slots have the first slot's is shown, the other's counted") {
  const auto page = Make({Samples({"a"}), Samples({"b", "a"}), Samples({"b", "c"})});
  CHECK(page->Text() == "# TYPE x gauge\nx{l=\"a\"} 1\nx{l=\"b\"} 1\nx{l=\"c\"} 1\n");
  CHECK(page->series() == Counts{1, 1, 1});
  CHECK(page->duplicates() == Counts{0, 1, 1});
}

TEST_CASE("series whose values are written alike, spaces and braces too, are told apart") {
  const auto page = Make({Samples({"a} 1", "x"}), Samples({"a", "a} 1"})});
  CHECK(page->series() == Counts{2, 1});
  CHECK(page->duplicates() == Counts{0, 1});
}

TEST_CASE("an empty label does not make a series of two slots another one") {
  FamilySet bare;
  bare.Gauge("x", "").Add(1).Add({{"k", "="}}, 2);
  FamilySet empty;
  empty.Gauge("x", "").Add({{"l", ""}}, 3).Add({{"k", "="}, {"l", ""}}, 4).Add({{"k", "1"}}, 5);
  const auto page = Make({Shot(std::move(bare)), Shot(std::move(empty))});
  CHECK(page->Text() == "# TYPE x gauge\nx 1\nx{k=\"=\"} 2\nx{k=\"1\"} 5\n");
  CHECK(page->duplicates() == Counts{0, 2});
}

TEST_CASE("of two types of one name the first slot's is shown") {
  const auto page =
      Make({Samples({"a"}), Samples({"b", "c"}, "", MetricType::Counter), Samples({"d"})});
  CHECK(page->Text() == "# TYPE x gauge\nx{l=\"a\"} 1\nx{l=\"d\"} 1\n");
  CHECK(page->series() == Counts{1, 0, 1});
  CHECK(page->duplicates() == Counts{0, 2, 0});
}

TEST_CASE("histograms of two slots are merged metric by metric") {
  const auto page = Make({Histogram("h", "a"), Histogram("h", "a"), Histogram("h", "b")});
  CHECK(page->series() == Counts{4, 0, 4});
  CHECK(page->duplicates() == Counts{0, 4, 0});
  CHECK(page->Text() ==
        "# TYPE h histogram\n"
        "h_bucket{l=\"a\",le=\"0.5\"} 1\nh_bucket{l=\"a\",le=\"+Inf\"} 2\n"
        "h_sum{l=\"a\"} 0\nh_count{l=\"a\"} 2\n"
        "h_bucket{l=\"b\",le=\"0.5\"} 1\nh_bucket{l=\"b\",le=\"+Inf\"} 2\n"
        "h_sum{l=\"b\"} 0\nh_count{l=\"b\"} 2\n");
}

TEST_CASE("a family named as a histogram's line loses to the histogram") {
  for (const char* suffix : {"_bucket", "_sum", "_count"}) {
    const auto page = Make({Gauges({std::string("h") + suffix, "h_other"}), Histogram("h")});
    CHECK(page->series() == Counts{1, 4});
    CHECK(page->duplicates() == Counts{1, 0});
  }
}

TEST_CASE("a family that the page's tail has loses") {
  const auto page = Make({Gauges({"redis_up", "redis_uptime"})}, {"redis_up"});
  CHECK(page->Text() == "# TYPE redis_uptime gauge\nredis_uptime 1\n");
  CHECK(page->duplicates() == Counts{1});
}

TEST_CASE("each family expires at its own time") {
  FamilySet set;
  set.Gauge("a", "").Add(1);
  set.Open(MetricType::Gauge, "b", "", kStart + 10s).Add(1);
  PageIndex index({});
  index.Update(0, Shot(std::move(set)));
  CHECK(index.NextExpiry() == kStart + 10s);
  CHECK_FALSE(index.Expire(kStart + 9s));
  CHECK(index.Expire(kStart + 10s));
  CHECK(TextOf(index) == "# TYPE a gauge\na 1\n");
  CHECK(index.NextExpiry() == kLater);
  CHECK(index.Expire(kLater));
  CHECK(TextOf(index).empty());
  CHECK(index.NextExpiry() == SteadyTime::max());
}

TEST_CASE("a family whose samples expire apart is one on the page, and loses them one by one") {
  FamilySet set;
  set.Gauge("a", "").Add({{"t", "new"}}, 1);
  set.Open(MetricType::Gauge, "a", "", kStart + 10s).Add({{"t", "old"}}, 2);
  PageIndex index({});
  index.Update(0, Shot(std::move(set)));
  CHECK(TextOf(index) == "# TYPE a gauge\na{t=\"new\"} 1\na{t=\"old\"} 2\n");
  index.Expire(kStart + 10s);
  CHECK(TextOf(index) == "# TYPE a gauge\na{t=\"new\"} 1\n");
}

TEST_CASE("a slot's families take the place of those that it had, and of no other's") {
  PageIndex index({});
  index.Update(0, Gauges({"a", "c"}));
  index.Update(1, Gauges({"b"}));
  index.Update(0, Gauges({"c", "d"}));
  CHECK(TextOf(index) == "# TYPE b gauge\nb 1\n# TYPE c gauge\nc 1\n# TYPE d gauge\nd 1\n");
  index.Update(0, {});
  CHECK(TextOf(index) == "# TYPE b gauge\nb 1\n");
}

TEST_CASE("an update makes new chunks only of what has changed") {
  std::vector<std::string> names;
  for (int i = 0; i < 400; ++i) names.push_back("name_" + std::to_string(i));
  SlotFamilies families = Gauges(names);
  PageIndex index({});
  const std::size_t chunks = index.Update(0, families).size();
  CHECK(chunks == index.AllChunks().size());
  CHECK(chunks > 10);
  CHECK(chunks < 60);
  CHECK(index.Update(0, families).empty());
  FamilySet other;
  other.Gauge(families[200].family->name(), "").Add(2);
  families[200] = Shot(std::move(other)).front();
  const auto before = index.AllChunks();
  const auto fresh = index.Update(0, families);
  CHECK(fresh.size() == 1);
  std::size_t kept = 0;
  for (const auto& chunk : index.AllChunks())
    kept += std::find(before.begin(), before.end(), chunk) != before.end() ? 1 : 0;
  CHECK(kept == before.size() - 1);
}

TEST_CASE("a large family is a chunk of its own") {
  FamilySet set;
  set.Gauge("a", "").Add(1);
  set.Gauge("c", "").Add(1);
  auto& large = set.Gauge("b", "");
  for (int i = 0; i < 300; ++i) large.Add({{"n", std::to_string(i)}}, i);
  PageIndex index({});
  index.Update(0, Shot(std::move(set)));
  REQUIRE(index.AllChunks().size() == 3);
  CHECK(index.AllChunks()[1]->members().size() == 1);
}

// Whatever comes and goes, the page is as if it had been made at once.
TEST_CASE("a page that grew by updates is the page of what there is") {
  std::uint32_t seed = 20261130;
  const auto next = [&seed](std::uint32_t below) {
    seed = seed * 1664525 + 1013904223;
    return (seed >> 16) % below;
  };
  const std::vector<std::string> endings = {"", "_total", "_sum", "_count", "_bucket", "_info"};
  std::vector<SlotFamilies> slots(4);
  PageIndex grown({});
  for (int round = 0; round < 300; ++round) {
    const std::size_t slot = next(4);
    FamilySet set;
    for (std::uint32_t i = 0; i < next(30); ++i) {
      const std::string name = "m" + std::to_string(next(40)) + endings[next(6)];
      const auto type = static_cast<FamilyType>(next(8));
      auto& family = set.Open(type, name, "");
      const std::uint32_t count = next(20) == 0 ? 60 : 1 + next(3);
      for (std::uint32_t k = 0; k < count; ++k) {
        const Labels labels = {{"n", std::to_string(next(90))}};
        if (IsSimple(type)) {
          family.Add(labels, round);
        } else if (HasBuckets(type)) {
          family.Add(labels, HistogramValue{{}, 1, 2});
        } else {
          family.Add(labels, SummaryValue{{}, 1, 2});
        }
      }
    }
    // As the label policy leaves them: no name with two types, no series twice.
    slots[slot] = Shot(testing::Judged(std::move(set)));
    grown.Update(slot, slots[slot]);
    PageIndex fresh({});
    for (std::size_t i = 0; i < slots.size(); ++i) fresh.Update(i, slots[i]);
    const Page a(grown.AllChunks(), 4);
    const Page b(fresh.AllChunks(), 4);
    REQUIRE(a.Text() == b.Text());
    REQUIRE(a.series() == b.series());
    REQUIRE(a.duplicates() == b.duplicates());
    REQUIRE(::testing::PageProblem(a.Text()) == "");
  }
}

std::string BodyText(const std::shared_ptr<const Page>& page, Form form, bool with_tail = true) {
  std::vector<Family> tail;
  if (with_tail) tail.push_back(*Gauges({"tail"}).front().family);
  return Joined(BodyOf(page, form, tail));
}

TEST_CASE("a plain body is the page and its tail") {
  const auto page = Make({Gauges({"a"})});
  CHECK(BodyText(page, {}) == "# TYPE a gauge\na 1\n# TYPE tail gauge\ntail 1\n");
  CHECK(BodyText(page, {Format::kOpenMetrics, Coding::kIdentity}) ==
        "# TYPE a gauge\na 1\n# TYPE tail gauge\ntail 1\n# EOF\n");
}

TEST_CASE("a counter keeps its whole name in OpenMetrics beside a family of the shorter one") {
  FamilySet set;
  set.Counter("jobs_total", "").Add(1);
  set.Gauge("jobs", "").Add(2);
  CHECK(BodyText(Make({Shot(std::move(set))}), {Format::kOpenMetrics, Coding::kIdentity}, false) ==
        "# TYPE jobs gauge\njobs 2\n# TYPE jobs_total unknown\njobs_total 1\n# EOF\n");
}

std::vector<std::shared_ptr<const Page>> SomePages() {
  FamilySet set;
  auto& many = set.Gauge("m", "Many.");
  for (int i = 0; i < 5000; ++i) many.Add({{"n", std::to_string(i)}}, i * 1.1);
  return {Make({}), Make({Gauges({"a", "c"}), Gauges({"b"})}),
          Make({Shot(std::move(set)), Gauges({"a", "z"})})};
}

TEST_CASE("a gzip body is one member of the page and its tail") {
  for (const auto& page : SomePages()) {
    for (const bool with_tail : {false, true})
      CHECK(Gunzip(BodyText(page, {Format::kText, Coding::kGzip}, with_tail)) ==
            BodyText(page, {}, with_tail));
  }
}

TEST_CASE("a zstd body is frames that are read as one stream") {
  for (const auto& page : SomePages()) {
    const std::string packed = BodyText(page, {Format::kText, Coding::kZstd});
    std::string text(1 << 20, '\0');
    const std::size_t size =
        ::ZSTD_decompress(text.data(), text.size(), packed.data(), packed.size());
    REQUIRE(::ZSTD_isError(size) == 0);
    text.resize(size);
    CHECK(text == BodyText(page, {}));
  }
}

TEST_CASE("a form is made when it is asked for, and once") {
  const auto page = Make({Gauges({"a"})});
  const Form gzip{Format::kText, Coding::kGzip};
  const auto& chunk = page->chunks().front();
  CHECK_FALSE(chunk->Has(gzip));
  const PageBody body = BodyOf(page, gzip, {});
  CHECK(chunk->Has(gzip));
  CHECK_FALSE(chunk->Has({}));
  CHECK(BodyOf(page, gzip, {}).pieces[1].data() == body.pieces[1].data());
}

TEST_CASE("a body keeps its own form alive, and nothing else of its page") {
  auto page = Make({Gauges({"a"})});
  const std::weak_ptr<const Page> watched = page;
  const std::weak_ptr<const Packed> packed = page->chunks()[0]->Get({Format::kText, Coding::kGzip});
  const std::weak_ptr<const Packed> plain = page->chunks()[0]->Get({});
  PageBody body = BodyOf(page, {Format::kText, Coding::kGzip}, {});
  page = nullptr;
  CHECK(watched.expired());
  CHECK(plain.expired());
  CHECK_FALSE(packed.expired());
  CHECK(Gunzip(Joined(body)) == "# TYPE a gauge\na 1\n");
  body = {};
  CHECK(packed.expired());
}

// Rewritten by `EXPORTER_UPDATE_GOLDEN=1 pure_tests`; the change is then reviewed.
TEST_CASE("the page of two collectors with every type is the golden one") {
  FamilySet shop;
  shop.Gauge("queue_depth", "Messages that wait.").Add({{"queue", "mail \"a\\b\"\n"}}, 3);
  shop.Counter("orders_total", "Orders, in \\ and\nout.").Add({{"state", "done"}}, 1234567);
  shop.Gauge("ratio", "").Add(0.1).Add({{"n", ""}, {"k", "v"}}, 1e-9);
  ClientMetric::Histogram histogram;
  histogram.bucket = {{1, 0.005}, {4, 2.5}};
  histogram.sample_count = 5;
  histogram.sample_sum = 9.75;
  shop.Open(MetricType::Histogram, "wait_seconds", "Time in the queue.").Add({}, histogram);
  FamilySet other;
  other.Gauge("queue_depth", "Another help.").Add({{"queue", "späti"}}, 0);
  ClientMetric::Summary summary;
  summary.quantile = {{0.5, 0.25}, {0.99, 1.5}};
  summary.sample_count = 7;
  summary.sample_sum = 3;
  other.Open(MetricType::Summary, "run_seconds", "Time to run.").Add({{"job", "a"}}, summary);
  other.Open(MetricType::Untyped, "version", "").Add(15.4);
  const std::string text = Make({Shot(std::move(shop)), Shot(std::move(other))})->Text();
  const std::string path = "tests/golden/page.txt";
  if (std::getenv("EXPORTER_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  CHECK(text == ReadFile(path));
}

}  // namespace exporter
