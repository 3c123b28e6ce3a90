#include "exporter/page.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace exporter {
namespace {

using namespace std::chrono_literals;
using prometheus::ClientMetric;
using prometheus::MetricType;

using SnapshotPtr = std::shared_ptr<const Snapshot>;

constexpr SteadyTime kStart{};
constexpr SteadyTime kLater = kStart + 60s;

SnapshotPtr Shot(FamilySet set, SteadyTime expires_at = kLater) {
  return std::make_shared<const Snapshot>(RenderSnapshot(std::move(set).Take(), expires_at));
}

// A snapshot of gauges without a label, each of value 1.
SnapshotPtr Gauges(const std::vector<std::string>& names) {
  FamilySet set;
  for (const std::string& name : names) set.Gauge(name, "").Add(1);
  return Shot(std::move(set));
}

// A snapshot of one family "x", with a sample for each value of the label l.
SnapshotPtr Samples(const std::vector<std::string>& values, const std::string& help = "",
                    MetricType type = MetricType::Gauge) {
  FamilySet set;
  auto& family = set.Open(type, "x", help);
  for (const std::string& value : values) family.Add({{"l", value}}, 1);
  return Shot(std::move(set));
}

SnapshotPtr Histogram(const std::string& name, const std::string& label = "a") {
  ClientMetric::Histogram histogram;
  histogram.bucket = {{1, 0.5}};
  histogram.sample_count = 2;
  FamilySet set;
  set.Open(MetricType::Histogram, name, "").Add({{"l", label}}, histogram);
  return Shot(std::move(set));
}

std::shared_ptr<const Page> Make(std::vector<SnapshotPtr> snapshots, const Page* previous = nullptr,
                                 const std::set<std::string>& reserved = {}) {
  return std::make_shared<const Page>(std::move(snapshots), kStart, reserved, previous);
}

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
  const auto page = Make({Gauges({"c", "a"}), nullptr, Gauges({"b"})});
  CHECK(page->Text() == "# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# TYPE c gauge\nc 1\n");
  CHECK(page->series() == Counts{2, 0, 1});
  CHECK(page->duplicates() == Counts{0, 0, 0});
}

TEST_CASE("neighbours of one snapshot are one piece") {
  CHECK(Make({Gauges({"a", "b", "c"})})->pieces().size() == 1);
  CHECK(Make({Gauges({"a", "b", "e"}), Gauges({"c", "d"})})->pieces().size() == 3);
  // c is merged, and a piece of its own.
  CHECK(Make({Gauges({"a", "b", "c", "d"}), Gauges({"c"})})->pieces().size() == 3);
  CHECK(Make({})->pieces().empty());
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
  const auto page = Make({Gauges({"redis_up", "redis_uptime"})}, nullptr, {"redis_up"});
  CHECK(page->Text() == "# TYPE redis_uptime gauge\nredis_uptime 1\n");
  CHECK(page->duplicates() == Counts{1});
}

TEST_CASE("each family expires at its own time, and a page is valid until the first does") {
  FamilySet set;
  set.Gauge("a", "").Add(1);
  set.Open(prometheus::MetricType::Gauge, "b", "", kStart + 10s).Add(1);
  const auto shot = Shot(std::move(set));
  const Page first({shot}, kStart, {}, nullptr);
  CHECK(first.valid_until() == kStart + 10s);
  const Page second({shot}, first.valid_until(), {}, &first);
  CHECK(second.Text() == "# TYPE a gauge\na 1\n");
  CHECK(second.series() == Counts{1});
  CHECK(second.valid_until() == kLater);
  const Page third({shot}, second.valid_until(), {}, &second);
  CHECK(third.Text().empty());
  CHECK(third.valid_until() == SteadyTime::max());
}

TEST_CASE("a family whose samples expire apart is one on the page, and loses them one by one") {
  FamilySet set;
  set.Gauge("a", "").Add({{"t", "new"}}, 1);
  set.Open(prometheus::MetricType::Gauge, "a", "", kStart + 10s).Add({{"t", "old"}}, 2);
  const auto shot = Shot(std::move(set));
  const Page both({shot}, kStart, {}, nullptr);
  CHECK(both.Text() == "# TYPE a gauge\na{t=\"new\"} 1\na{t=\"old\"} 2\n");
  CHECK(both.series() == Counts{2});
  const Page one({shot}, kStart + 10s, {}, &both);
  CHECK(one.Text() == "# TYPE a gauge\na{t=\"new\"} 1\n");
}

TEST_CASE("a publication makes new pieces of its own families only") {
  const auto first = Gauges({"a", "b", "d"});
  const auto before = Make({first, Gauges({"c"})});
  const auto after = Make({first, Gauges({"c"})}, before.get());
  REQUIRE(before->pieces().size() == 3);
  REQUIRE(after->pieces().size() == 3);
  CHECK(after->pieces()[0] == before->pieces()[0]);
  CHECK(after->pieces()[1] != before->pieces()[1]);
  CHECK(after->pieces()[2] == before->pieces()[2]);
}

TEST_CASE("a merger that has not changed is taken over, its losses counted again") {
  const std::vector<SnapshotPtr> shots = {Samples({"a"}), Samples({"a", "b"})};
  const auto before = Make(shots);
  const auto after = Make(shots, before.get());
  CHECK(after->pieces().at(0) == before->pieces().at(0));
  CHECK(after->duplicates() == before->duplicates());
}

TEST_CASE("a plain body is the page and its tail") {
  CHECK(Joined(PlainBody(Make({Gauges({"a"})}), "tail 1\n")) == "# TYPE a gauge\na 1\ntail 1\n");
}

TEST_CASE("a gzip body is one member of the page and its tail") {
  FamilySet set;
  auto& many = set.Gauge("m", "Many.");
  for (int i = 0; i < 5000; ++i) many.Add({{"n", std::to_string(i)}}, i * 1.1);
  struct Case {
    std::shared_ptr<const Page> page;
    std::string tail;
  };
  const std::vector<Case> cases = {
      {Make({}), ""},
      {Make({}), "tail 1\n"},
      {Make({Gauges({"a", "c"}), Gauges({"b"})}), ""},
      {Make({Shot(std::move(set)), Gauges({"a", "z"})}), "tail 1\n"},
  };
  for (const Case& one : cases)
    CHECK(Gunzip(Joined(GzipBody(one.page, one.tail))) == one.page->Text() + one.tail);
}

TEST_CASE("a body keeps its page alive") {
  auto page = Make({Gauges({"a"})});
  const std::weak_ptr<const Page> watched = page;
  PageBody body = GzipBody(std::move(page), "tail 1\n");
  CHECK_FALSE(watched.expired());
  CHECK(Gunzip(Joined(body)) == "# TYPE a gauge\na 1\ntail 1\n");
  body = {};
  CHECK(watched.expired());
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
