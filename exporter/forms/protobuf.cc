#include "exporter/forms/protobuf.h"

#include <protozero/pbf_builder.hpp>
#include <protozero/varint.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace exporter {
namespace {

using protozero::pbf_builder;

// The field numbers of each message in the schema.
enum class PbFamily : protozero::pbf_tag_type { kName = 1, kHelp, kType, kMetric, kUnit };
enum class PbMetric : protozero::pbf_tag_type {
  kLabel = 1,
  kGauge,
  kCounter,
  kSummary,
  kUntyped,
  kTimestampMs,
  kHistogram,
};
enum class PbLabel : protozero::pbf_tag_type { kName = 1, kValue };
enum class PbValue : protozero::pbf_tag_type { kValue = 1, kExemplar, kCreated };
enum class PbSummary : protozero::pbf_tag_type { kCount = 1, kSum, kQuantile, kCreated };
enum class PbQuantile : protozero::pbf_tag_type { kQuantile = 1, kValue };
enum class PbBucket : protozero::pbf_tag_type { kCount = 1, kUpperBound, kExemplar, kCountFloat };
enum class PbSpan : protozero::pbf_tag_type { kOffset = 1, kLength };
enum class PbExemplar : protozero::pbf_tag_type { kLabel = 1, kValue, kTimestamp };
enum class PbTimestamp : protozero::pbf_tag_type { kSeconds = 1, kNanos };
enum class PbHistogram : protozero::pbf_tag_type {
  kCount = 1,
  kSum,
  kBucket,
  kCountFloat,
  kSchema,
  kZeroThreshold,
  kZeroCount,
  kZeroCountFloat,
  kNegativeSpan,
  kNegativeDelta,
  kNegativeCount,
  kPositiveSpan,
  kPositiveDelta,
  kPositiveCount,
  kCreated,
};

// The schema's MetricType.
std::int32_t TypeNumber(FamilyType type) {
  switch (type) {
    case FamilyType::kCounter:
      return 0;
    case FamilyType::kSummary:
      return 2;
    case FamilyType::kUnknown:
      return 3;
    case FamilyType::kHistogram:
      return 4;
    case FamilyType::kGaugeHistogram:
      return 5;
    default:
      return 1;
  }
}

template <typename Parent, typename Tag>
void AddTimestamp(Parent& parent, Tag tag, double unix_seconds) {
  const double whole = std::floor(unix_seconds);
  pbf_builder<PbTimestamp> timestamp(parent, tag);
  timestamp.add_int64(PbTimestamp::kSeconds, static_cast<std::int64_t>(whole));
  timestamp.add_int32(PbTimestamp::kNanos, static_cast<std::int32_t>((unix_seconds - whole) * 1e9));
}

template <typename Parent, typename Tag>
void AddLabel(Parent& parent, Tag tag, std::string_view name, std::string_view value) {
  pbf_builder<PbLabel> label(parent, tag);
  label.add_string(PbLabel::kName, name.data(), name.size());
  label.add_string(PbLabel::kValue, value.data(), value.size());
}

template <typename Parent, typename Tag>
void AddExemplar(Parent& parent, Tag tag, const SampleExtras* extras, std::size_t line) {
  if (extras == nullptr) return;
  for (const auto& [at, exemplar] : extras->exemplars) {
    if (at != line) continue;
    pbf_builder<PbExemplar> message(parent, tag);
    for (const auto& [name, value] : exemplar.labels)
      AddLabel(message, PbExemplar::kLabel, name, value);
    message.add_double(PbExemplar::kValue, exemplar.value);
    if (exemplar.unix_seconds)
      AddTimestamp(message, PbExemplar::kTimestamp, *exemplar.unix_seconds);
    return;
  }
}

// Writes a count to the schema's integer field, or to the floating-point field beside it.
bool IsInteger(double count) {
  return count >= 0 && count < 9007199254740992.0 && count == std::trunc(count);
}

// For fields that hold integers only.
std::uint64_t Whole(double count) {
  return count >= 0 && count < 9007199254740992.0 ? static_cast<std::uint64_t>(count) : 0;
}

template <typename Message, typename Tag>
void AddCount(Message& message, Tag integer, Tag floating, double count) {
  if (IsInteger(count)) {
    message.add_uint64(integer, static_cast<std::uint64_t>(count));
  } else {
    message.add_double(floating, count);
  }
}

void AddSpans(pbf_builder<PbHistogram>& message, PbHistogram tag,
              const std::vector<NativeHistogram::Span>& spans) {
  for (const auto& [offset, length] : spans) {
    pbf_builder<PbSpan> span(message, tag);
    span.add_sint32(PbSpan::kOffset, offset);
    span.add_uint32(PbSpan::kLength, length);
  }
}

// Counts of integer histograms are written as differences of neighbours.
void AddCounts(pbf_builder<PbHistogram>& message, PbHistogram deltas, PbHistogram floats,
               const std::vector<double>& counts, bool integers) {
  if (!integers) return message.add_packed_double(floats, counts.begin(), counts.end());
  std::vector<std::int64_t> differences;
  std::int64_t before = 0;
  for (const double count : counts) {
    const auto now = static_cast<std::int64_t>(count);
    differences.push_back(now - before);
    before = now;
  }
  message.add_packed_sint64(deltas, differences.begin(), differences.end());
}

void AddNative(pbf_builder<PbHistogram>& message, const NativeHistogram& native, bool integers) {
  message.add_sint32(PbHistogram::kSchema, native.schema);
  message.add_double(PbHistogram::kZeroThreshold, native.zero_threshold);
  if (integers) {
    message.add_uint64(PbHistogram::kZeroCount, static_cast<std::uint64_t>(native.zero_count));
  } else {
    message.add_double(PbHistogram::kZeroCountFloat, native.zero_count);
  }
  AddSpans(message, PbHistogram::kNegativeSpan, native.negative_spans);
  AddCounts(message, PbHistogram::kNegativeDelta, PbHistogram::kNegativeCount,
            native.negative_counts, integers);
  AddSpans(message, PbHistogram::kPositiveSpan, native.positive_spans);
  AddCounts(message, PbHistogram::kPositiveDelta, PbHistogram::kPositiveCount,
            native.positive_counts, integers);
}

bool AreIntegers(const NativeHistogram& native, double count) {
  const auto all = [](const std::vector<double>& counts) {
    return std::all_of(counts.begin(), counts.end(), IsInteger);
  };
  return IsInteger(count) && IsInteger(native.zero_count) && all(native.negative_counts) &&
         all(native.positive_counts);
}

void AddHistogram(pbf_builder<PbMetric>& metric, const Family& family, std::size_t index) {
  const SampleExtras* extras = family.ExtrasAt(index);
  const NativeHistogram* native = extras == nullptr ? nullptr : extras->native.get();
  const std::size_t lines = family.LinesAt(index);
  const double count = family.LineAt(index, lines - 1).value;
  const bool integers = native == nullptr ? IsInteger(count) : AreIntegers(*native, count);
  pbf_builder<PbHistogram> message(metric, PbMetric::kHistogram);
  if (integers) {
    message.add_uint64(PbHistogram::kCount, static_cast<std::uint64_t>(count));
  } else {
    message.add_double(PbHistogram::kCountFloat, count);
  }
  message.add_double(PbHistogram::kSum, family.LineAt(index, lines - 2).value);
  for (std::size_t i = 0; i + 2 < lines; ++i) {
    const Family::Line line = family.LineAt(index, i);
    pbf_builder<PbBucket> bucket(message, PbHistogram::kBucket);
    AddCount(bucket, PbBucket::kCount, PbBucket::kCountFloat, line.value);
    bucket.add_double(PbBucket::kUpperBound, line.bound);
    AddExemplar(bucket, PbBucket::kExemplar, extras, i);
  }
  if (native != nullptr) AddNative(message, *native, integers);
  if (extras != nullptr && extras->created_unix_seconds)
    AddTimestamp(message, PbHistogram::kCreated, *extras->created_unix_seconds);
}

void AddSummary(pbf_builder<PbMetric>& metric, const Family& family, std::size_t index) {
  const std::size_t lines = family.LinesAt(index);
  pbf_builder<PbSummary> message(metric, PbMetric::kSummary);
  message.add_uint64(PbSummary::kCount, Whole(family.LineAt(index, lines - 1).value));
  message.add_double(PbSummary::kSum, family.LineAt(index, lines - 2).value);
  for (std::size_t i = 0; i + 2 < lines; ++i) {
    const Family::Line line = family.LineAt(index, i);
    pbf_builder<PbQuantile> quantile(message, PbSummary::kQuantile);
    quantile.add_double(PbQuantile::kQuantile, line.bound);
    quantile.add_double(PbQuantile::kValue, line.value);
  }
  const SampleExtras* extras = family.ExtrasAt(index);
  if (extras != nullptr && extras->created_unix_seconds)
    AddTimestamp(message, PbSummary::kCreated, *extras->created_unix_seconds);
}

void AddSimple(pbf_builder<PbMetric>& metric, const Family& family, std::size_t index) {
  const FamilyType type = family.type();
  const bool is_counter = type == FamilyType::kCounter;
  const PbMetric tag = is_counter                     ? PbMetric::kCounter
                       : type == FamilyType::kUnknown ? PbMetric::kUntyped
                                                      : PbMetric::kGauge;
  pbf_builder<PbValue> value(metric, tag);
  value.add_double(PbValue::kValue, family.ValueAt(index));
  if (!is_counter) return;
  const SampleExtras* extras = family.ExtrasAt(index);
  AddExemplar(value, PbValue::kExemplar, extras, 0);
  if (extras != nullptr && extras->created_unix_seconds)
    AddTimestamp(value, PbValue::kCreated, *extras->created_unix_seconds);
}

void AddMetric(pbf_builder<PbFamily>& message, const Family& family, std::size_t index,
               std::vector<LabelView>& labels) {
  pbf_builder<PbMetric> metric(message, PbFamily::kMetric);
  family.LabelsAt(index, labels);
  for (const LabelView& label : labels) {
    // An empty label counts as absent.
    if (!label.value.empty()) AddLabel(metric, PbMetric::kLabel, label.name, label.value);
  }
  if (HasBuckets(family.type())) {
    AddHistogram(metric, family, index);
  } else if (family.type() == FamilyType::kSummary) {
    AddSummary(metric, family, index);
  } else {
    AddSimple(metric, family, index);
  }
  const SampleExtras* extras = family.ExtrasAt(index);
  if (extras != nullptr && extras->timestamp_ms)
    metric.add_int64(PbMetric::kTimestampMs, *extras->timestamp_ms);
}

}  // namespace

void AppendProtobuf(std::string& out, const Family& family) {
  std::string bytes;
  pbf_builder<PbFamily> message(bytes);
  message.add_string(PbFamily::kName, family.name());
  if (!family.help().empty()) message.add_string(PbFamily::kHelp, family.help());
  message.add_enum(PbFamily::kType, TypeNumber(family.type()));
  if (!family.unit().empty()) message.add_string(PbFamily::kUnit, family.unit());
  std::vector<LabelView> labels;
  for (std::size_t i = 0; i < family.size(); ++i) AddMetric(message, family, i, labels);
  protozero::add_varint_to_buffer(&out, bytes.size());
  out += bytes;
}

}  // namespace exporter
