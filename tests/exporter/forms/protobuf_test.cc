#include "exporter/forms/protobuf.h"

#include <doctest/doctest.h>
#include <protozero/pbf_reader.hpp>

#include <map>

#include "exporter/seam/family_set.h"

namespace exporter {
namespace {

using protozero::pbf_reader;

std::string Rendered(FamilySet set) {
  std::string bytes;
  for (const TimedFamily& timed : std::move(set).Take()) AppendProtobuf(bytes, timed.family);
  return bytes;
}

// The one message behind its length.
std::string MessageOf(const std::string& bytes) {
  const char* at = bytes.data();
  const auto size = protozero::decode_varint(&at, bytes.data() + bytes.size());
  REQUIRE(size == static_cast<std::uint64_t>(bytes.data() + bytes.size() - at));
  return {at, size};
}

// The fields of a message as text, nested ones in braces: a dump that needs no schema but the
// numbers of the fields that are doubles, strings or messages.
struct Schema {
  std::map<int, char> kinds;  // d double, s string, i integer, z zigzag, m message, p packed zigzag
  std::map<int, const Schema*> nested;
};

std::string Dump(pbf_reader reader, const Schema& schema) {
  std::string text;
  while (reader.next()) {
    const int tag = static_cast<int>(reader.tag());
    text += std::to_string(tag) + ":";
    switch (schema.kinds.contains(tag) ? schema.kinds.at(tag) : '?') {
      case 'd': {
        std::string number = std::to_string(reader.get_double());
        number.erase(number.find_last_not_of('0') + 1);
        text += number;
        break;
      }
      case 's':
        text += reader.get_string();
        break;
      case 'i':
        text += std::to_string(reader.get_int64());
        break;
      case 'z':
        text += std::to_string(reader.get_sint64());
        break;
      case 'm':
        text += "{" + Dump(reader.get_message(), *schema.nested.at(tag)) + "}";
        break;
      case 'p':
        for (const auto value : reader.get_packed_sint64()) text += std::to_string(value) + ",";
        break;
      default:
        reader.skip();
        text += "?";
    }
    text += " ";
  }
  return text;
}

const Schema kLabel{{{1, 's'}, {2, 's'}}, {}};
const Schema kTimestamp{{{1, 'i'}, {2, 'i'}}, {}};
const Schema kExemplar{{{1, 'm'}, {2, 'd'}, {3, 'm'}}, {{1, &kLabel}, {3, &kTimestamp}}};
const Schema kValue{{{1, 'd'}, {2, 'm'}, {3, 'm'}}, {{2, &kExemplar}, {3, &kTimestamp}}};
const Schema kQuantile{{{1, 'd'}, {2, 'd'}}, {}};
const Schema kSummary{{{1, 'i'}, {2, 'd'}, {3, 'm'}, {4, 'm'}},
                      {{3, &kQuantile}, {4, &kTimestamp}}};
const Schema kBucket{{{1, 'i'}, {2, 'd'}, {3, 'm'}, {4, 'd'}}, {{3, &kExemplar}}};
const Schema kSpan{{{1, 'z'}, {2, 'i'}}, {}};
const Schema kHistogram{{{1, 'i'},
                         {2, 'd'},
                         {3, 'm'},
                         {4, 'd'},
                         {5, 'z'},
                         {6, 'd'},
                         {7, 'i'},
                         {12, 'm'},
                         {13, 'p'},
                         {15, 'm'}},
                        {{3, &kBucket}, {12, &kSpan}, {15, &kTimestamp}}};
const Schema kMetric{
    {{1, 'm'}, {2, 'm'}, {3, 'm'}, {4, 'm'}, {5, 'm'}, {6, 'i'}, {7, 'm'}},
    {{1, &kLabel}, {2, &kValue}, {3, &kValue}, {4, &kSummary}, {5, &kValue}, {7, &kHistogram}}};
const Schema kFamily{{{1, 's'}, {2, 's'}, {3, 'i'}, {4, 'm'}, {5, 's'}}, {{4, &kMetric}}};

std::string Dumped(FamilySet set) {
  const std::string bytes = Rendered(std::move(set));
  const std::string message = MessageOf(bytes);
  return Dump(pbf_reader(message), kFamily);
}

}  // namespace

TEST_CASE("a gauge has its name, help, type, unit, labels and value") {
  FamilySet set;
  set.Gauge("memory_bytes", "Memory.").Add({{"node", "a"}, {"empty", ""}}, 1.5);
  CHECK(Dumped(std::move(set)) ==
        "1:memory_bytes 2:Memory. 3:1 5:bytes 4:{1:{1:node 2:a } 2:{1:1.5 } } ");
}

TEST_CASE("each type has the number that the schema gives it") {
  const std::pair<FamilyType, std::string> cases[] = {
      {FamilyType::kCounter, "1:x 3:0 4:{3:{1:2. } } "},
      {FamilyType::kGauge, "1:x 3:1 4:{2:{1:2. } } "},
      {FamilyType::kUnknown, "1:x 3:3 4:{5:{1:2. } } "},
      {FamilyType::kInfo, "1:x 3:1 4:{2:{1:2. } } "},
      {FamilyType::kStateSet, "1:x 3:1 4:{2:{1:2. } } "},
  };
  for (const auto& [type, expected] : cases) {
    FamilySet set;
    set.Open(type, "x", "").Add(2);
    CHECK(Dumped(std::move(set)) == expected);
  }
}

TEST_CASE("a summary has its quantiles, a histogram its buckets up to +Inf") {
  FamilySet summary;
  summary.Open(FamilyType::kSummary, "s", "").Add({}, SummaryValue{{{0.5, 0.25}}, 3, 7});
  CHECK(Dumped(std::move(summary)) == "1:s 3:2 4:{4:{1:7 2:3. 3:{1:0.5 2:0.25 } } } ");
  FamilySet histogram;
  histogram.Open(FamilyType::kHistogram, "h", "").Add({}, HistogramValue{{{0.5, 1}}, 3, 2});
  CHECK(Dumped(std::move(histogram)) ==
        "1:h 3:4 4:{7:{1:2 2:3. 3:{1:1 2:0.5 } 3:{1:2 2:inf } } } ");
}

TEST_CASE("counts that are not whole are floating, as the schema has it") {
  FamilySet set;
  set.Open(FamilyType::kGaugeHistogram, "h", "").Add({}, HistogramValue{{{0.5, 1.5}}, 3, 2.5});
  CHECK(Dumped(std::move(set)) ==
        "1:h 3:5 4:{7:{4:2.5 2:3. 3:{4:1.5 2:0.5 } 3:{4:2.5 2:inf } } } ");
}

TEST_CASE("created times, timestamps, exemplars and native histograms have their fields") {
  SampleExtras extras;
  extras.created_unix_seconds = 1.5;
  extras.timestamp_ms = 1700;
  extras.exemplars = {{0, Exemplar{{{"trace_id", "x"}}, 4, 2.25}}};
  FamilySet counter;
  counter.Counter("c_total", "").Add(9).Extend(extras);
  CHECK(Dumped(std::move(counter)) ==
        "1:c_total 3:0 4:{3:{1:9. 2:{1:{1:trace_id 2:x } 2:4. 3:{1:2 2:250000000 } } "
        "3:{1:1 2:500000000 } } 6:1700 } ");
  auto native = std::make_shared<NativeHistogram>();
  native->schema = -1;
  native->zero_threshold = 0.5;
  native->zero_count = 1;
  native->positive_spans = {{-2, 2}, {1, 1}};
  native->positive_counts = {3, 1, 2};
  SampleExtras with_native;
  with_native.native = native;
  FamilySet histogram;
  histogram.Open(FamilyType::kHistogram, "h", "")
      .Add({}, HistogramValue{{}, 3, 7})
      .Extend(with_native);
  CHECK(Dumped(std::move(histogram)) ==
        "1:h 3:4 4:{7:{1:7 2:3. 3:{1:7 2:inf } 5:-1 6:0.5 7:1 12:{1:-2 2:2 } 12:{1:1 2:1 } "
        "13:3,-2,1, } } ");
}

TEST_CASE("messages follow one another, each after its length") {
  FamilySet one;
  one.Gauge("a", "").Add(1);
  FamilySet both;
  both.Gauge("a", "").Add(1);
  both.Gauge("b", "").Add(2);
  const std::string first = Rendered(std::move(one));
  const std::string all = Rendered(std::move(both));
  CHECK(all.starts_with(first));
  const std::string second = MessageOf(all.substr(first.size()));
  CHECK(Dump(pbf_reader(second), kFamily) == "1:b 3:1 4:{2:{1:2. } } ");
}

}  // namespace exporter
