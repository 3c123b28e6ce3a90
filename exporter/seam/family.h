#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace exporter {

// A sample's labels as a collector writes them: name and value.
using Labels = std::vector<std::pair<std::string, std::string>>;

// One label. Points into the owner of the text.
struct LabelView {
  std::string_view name;
  std::string_view value;
};

// The types of OpenMetrics.
// https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md#metric-types
enum class FamilyType : std::uint8_t {
  kUnknown,
  kGauge,
  kCounter,
  kHistogram,
  kGaugeHistogram,
  kSummary,
  kInfo,
  kStateSet,
};

// Classic buckets, each with the count of all observations up to its bound. The bucket +Inf may be
// left out; it equals the count.
struct HistogramValue {
  struct Bucket {
    double upper_bound = 0;
    double cumulative_count = 0;
  };
  std::vector<Bucket> buckets;  // In ascending order of their bounds.
  double sum = 0;
  double count = 0;
};

struct SummaryValue {
  struct Quantile {
    double quantile = 0;
    double value = 0;
  };
  std::vector<Quantile> quantiles;
  double sum = 0;
  double count = 0;
};

// A native (exponential) histogram, as in io.prometheus.client.Histogram.
// https://prometheus.io/docs/specs/native_histograms/
struct NativeHistogram {
  struct Span {
    std::int32_t offset = 0;
    std::uint32_t length = 0;
  };
  std::int32_t schema = 0;
  double zero_threshold = 0;
  double zero_count = 0;
  std::vector<Span> negative_spans;
  std::vector<double> negative_counts;  // Absolute counts, one for each bucket of the spans.
  std::vector<Span> positive_spans;
  std::vector<double> positive_counts;
};

// An example of an event behind a value, with labels such as its trace id.
struct Exemplar {
  Labels labels;
  double value = 0;
  std::optional<double> unix_seconds;
};

// Data that only few samples have.
struct SampleExtras {
  std::optional<double> created_unix_seconds;
  std::optional<std::int64_t> timestamp_ms;
  std::vector<std::pair<std::size_t, Exemplar>> exemplars;  // By line.
  std::shared_ptr<const NativeHistogram> native;

  bool operator==(const SampleExtras& other) const;
};

// A metric family: a name, a type, and its samples. One thread writes it. Once frozen it is shared
// and never changed again; then any thread may read it.
//
// It is compact: a number stands for a sample's label names (a family has few sets of names), all
// label values are in one string, all numbers in one vector. A gauge with three labels takes about
// 50 bytes plus the bytes of its label values.
class Family {
 public:
  // One line of the page: the family's name plus `suffix`, and the sample's labels. A bucket or a
  // quantile has one more label, `own_label`, with the value `bound`.
  struct Line {
    std::string_view suffix;     // "", "_bucket", "_sum", "_count"
    std::string_view own_label;  // "", "le", "quantile"
    double bound = 0;
    double value = 0;
  };

  // If `unit` is empty, the unit is the base unit that the name ends with, if any.
  Family(FamilyType type, std::string name, std::string help, std::string unit = "");

  FamilyType type() const { return type_; }
  const std::string& name() const { return name_; }
  const std::string& help() const { return help_; }
  const std::string& unit() const { return unit_; }

  // Each adds a sample. Throws std::length_error if the label values exceed 4 GiB.
  void Add(std::span<const LabelView> labels, double value);
  void Add(std::span<const LabelView> labels, const HistogramValue& histogram);
  void Add(std::span<const LabelView> labels, const SummaryValue& summary);
  // Adds a sample of another family with the same kind of value, under these labels.
  void AddCopy(std::span<const LabelView> labels, const Family& from, std::size_t index);
  // Adds to the last sample.
  void Extend(SampleExtras extras);
  // Frees the memory that only writing needs.
  void Freeze();

  std::size_t size() const { return points_.size(); }
  bool empty() const { return points_.empty(); }
  // The lines of all samples, or of one.
  std::size_t lines() const { return numbers_.size(); }
  std::size_t LinesAt(std::size_t index) const { return EndOf(index) - points_[index].number; }
  Line LineAt(std::size_t index, std::size_t line) const;

  // Replaces the contents of `labels`. Their texts point into this family.
  void LabelsAt(std::size_t index, std::vector<LabelView>& labels) const;
  // Samples with the same shape have the same label names in the same order.
  std::uint32_t ShapeAt(std::size_t index) const { return points_[index].shape; }
  // The value of a gauge, a counter and the like.
  double ValueAt(std::size_t index) const { return numbers_[points_[index].number]; }
  // Null if the sample has none.
  const SampleExtras* ExtrasAt(std::size_t index) const;
  bool has_extras() const { return !extras_.empty(); }

  // Whether both look the same on every page, byte for byte.
  bool operator==(const Family& other) const;
  // The memory that it takes.
  std::size_t bytes() const;

 private:
  struct Point {
    std::uint32_t shape;   // Index into shapes_.
    std::uint32_t bounds;  // Index into bounds_.
    std::uint32_t text;    // Offset of its label values in text_.
    std::uint32_t number;  // Index of its first number.
    bool operator==(const Point&) const = default;
  };
  using Names = std::vector<std::string>;

  std::size_t EndOf(std::size_t index) const {
    return index + 1 < points_.size() ? points_[index + 1].number : numbers_.size();
  }
  void Begin(std::span<const LabelView> labels, std::vector<double> bounds);
  std::uint32_t ShapeOf(std::span<const LabelView> labels);

  FamilyType type_;
  std::string name_;
  std::string help_;
  std::string unit_;
  std::vector<Names> shapes_;
  std::unordered_multimap<std::size_t, std::uint32_t> shape_by_hash_;  // Empty once frozen.
  std::vector<std::vector<double>> bounds_;
  std::vector<Point> points_;
  std::vector<double> numbers_;
  std::string text_;  // Label values, each after its length.
  std::map<std::uint32_t, SampleExtras> extras_;
};

// Whether a sample of the type has buckets.
bool HasBuckets(FamilyType type);
// Whether a sample of the type is one number.
bool IsSimple(FamilyType type);

}  // namespace exporter
