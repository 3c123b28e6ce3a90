#include "collectors/parts/metric_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

#include "exporter/seam/names.h"

namespace collectors {
namespace {

using exporter::YamlReader;
using prometheus::MetricType;

constexpr std::array<std::string_view, 4> kTypeNames = {"gauge", "counter", "untyped", "histogram"};
constexpr std::array<MetricType, 4> kTypes = {MetricType::Gauge, MetricType::Counter,
                                              MetricType::Untyped, MetricType::Histogram};
constexpr int kNewestMajor = 99;
constexpr int kVersionsAMajor = 10000;  // 14 is 140000.
constexpr std::size_t kMostBounds = 100;

using KeyPair = std::pair<const char*, const char*>;

// Pairs of keys that exclude each other.
constexpr KeyPair kEither[] = {
    {"name", "name_from"}, {"value", "values"}, {"values", "name_from"}, {"le", "buckets"}};
// The first key of a pair needs the second.
constexpr KeyPair kNeeded[] = {{"prefix", "name_from"},
                               {"value_label", "values"},
                               {"values", "value_label"},
                               {"sum", "le"},
                               {"cumulative", "le"}};
constexpr const char* kOfHistograms[] = {"le", "buckets"};
constexpr const char* kOfOthers[] = {"values", "name_from"};

void CheckPairs(YamlReader& reader) {
  for (const auto& [one, other] : kEither) {
    if (reader.Has(one) && reader.Has(other)) {
      reader.Problem(other, fmt::format("give {} or {}, not both", one, other));
    }
  }
  for (const auto& [key, other] : kNeeded) {
    if (reader.Has(key) && !reader.Has(other)) {
      reader.Problem(key, fmt::format("{} goes with {}, which is not there", key, other));
    }
  }
}

void CheckAgainstType(YamlReader& reader, MetricType type) {
  const bool is_histogram = type == MetricType::Histogram;
  for (const char* const key : kOfHistograms) {
    if (reader.Has(key) && !is_histogram) {
      reader.Problem(key, fmt::format("{} is for type: histogram", key));
    }
  }
  for (const char* const key : kOfOthers) {
    if (reader.Has(key) && is_histogram) {
      reader.Problem(key, fmt::format("{} cannot be of type histogram", key));
    }
  }
  if (is_histogram && !reader.Has("le") && !reader.Has("buckets")) {
    reader.Problem("type",
                   "a histogram needs le, the column of the bounds, or buckets, a list of bounds");
  }
}

std::optional<double> ParseBound(const std::string& text) {
  double bound = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bound);
  const bool is_good =
      error == std::errc() && end == text.data() + text.size() && std::isfinite(bound);
  return is_good ? std::optional(bound) : std::nullopt;
}

RowObservation ReadObservation(YamlReader& reader) {
  RowObservation shape;
  const std::size_t before = reader.problem_count();
  const std::vector<std::string> texts = reader.Strings("buckets");
  for (const std::string& text : texts) {
    const auto bound = ParseBound(text);
    if (!bound || (!shape.bounds.empty() && *bound <= shape.bounds.back())) break;
    shape.bounds.push_back(*bound);
  }
  const bool is_good =
      shape.bounds.size() == texts.size() && !texts.empty() && texts.size() <= kMostBounds;
  if (!is_good && reader.problem_count() == before) {
    reader.Problem("buckets", fmt::format("buckets must be numbers that rise, 1 to {} of them; the "
                                          "bucket for all above is there by itself",
                                          kMostBounds));
  }
  return shape;
}

RowBucket ReadBucket(YamlReader& reader) {
  return {.bound = reader.RequiredString("le"),
          .sum = reader.Has("sum") ? reader.RequiredString("sum") : "",
          .cumulative = reader.Bool("cumulative", false)};
}

ColumnSamples ReadColumns(YamlReader& reader) {
  ColumnSamples shape{reader.Strings("values"), reader.String("value_label", "")};
  std::vector<std::string> sorted = shape.columns;
  std::ranges::sort(sorted);
  if (shape.columns.empty()) {
    reader.Problem("values", "values needs a column at least");
  } else if (sorted.front().empty() || std::ranges::adjacent_find(sorted) != sorted.end()) {
    reader.Problem("values", "values must be columns, each once");
  }
  return shape;
}

NamedSample ReadNamed(YamlReader& reader) {
  NamedSample shape{reader.RequiredString("name_from"), reader.String("prefix", ""), {}};
  if (!shape.prefix.empty() && !exporter::IsMetricName(shape.prefix)) {
    reader.Problem("prefix", fmt::format("{} begins no metric name; it takes letters, digits, _ "
                                         "and :, and starts with no digit",
                                         exporter::Quoted(shape.prefix)));
  }
  return shape;
}

RowShape ReadShape(YamlReader& reader, MetricType type) {
  if (reader.Has("values")) return ReadColumns(reader);
  if (reader.Has("name_from")) return ReadNamed(reader);
  if (type != MetricType::Histogram) return RowSample();
  if (reader.Has("le")) return ReadBucket(reader);
  if (reader.Has("buckets")) return ReadObservation(reader);
  return RowSample();
}

// Returns the label that the metric's shape adds, and the key that names it.
std::pair<const char*, std::string> OwnLabel(const SqlMetric& metric) {
  if (metric.type == MetricType::Histogram) return {"labels", "le"};
  const auto* const columns = std::get_if<ColumnSamples>(&metric.shape);
  return {"value_label", columns == nullptr ? "" : columns->label};
}

void CheckOwnLabel(YamlReader& reader, const SqlMetric& metric) {
  const auto& [key, own] = OwnLabel(metric);
  if (metric.type != MetricType::Histogram && reader.Has(key) &&
      !exporter::IsSampleLabelName(own)) {
    reader.Problem(key, fmt::format("{} is no label name", exporter::Quoted(own)));
  }
  const bool is_column = std::ranges::find(metric.labels, own) != metric.labels.end();
  const bool is_constant =
      std::ranges::any_of(metric.constant_labels,
                          [&label = own](const auto& constant) { return constant.first == label; });
  if (own.empty() || (!is_column && !is_constant)) return;
  reader.Problem(is_column ? key : "constant_labels",
                 fmt::format("the label {} is the metric's own; it cannot be there twice", own));
}

std::string ReadName(YamlReader& reader, const RowShape& shape) {
  if (const auto* const named = std::get_if<NamedSample>(&shape)) return named->prefix + "*";
  return ReadMetricName(reader, "name");
}

std::string DefaultHelp(const SqlMetric& metric) {
  if (const auto* const columns = std::get_if<ColumnSamples>(&metric.shape)) {
    return fmt::format("Columns {} of a query.", fmt::join(columns->columns, ", "));
  }
  return fmt::format("Column {} of a query.", metric.value);
}

}  // namespace

VersionRange ReadVersions(YamlReader& reader) {
  const auto since = static_cast<int>(reader.Integer("since", 0, 0, kNewestMajor));
  const auto until = static_cast<int>(reader.Integer("until", kNewestMajor, 0, kNewestMajor));
  if (until < since) reader.Problem("until", "until comes before since: no version is left");
  return {since * kVersionsAMajor, (until + 1) * kVersionsAMajor};
}

std::string ReadMetricName(YamlReader& reader, const std::string& key) {
  std::string name = reader.RequiredString(key);
  if (!name.empty() && !exporter::IsMetricName(name)) {
    reader.Problem(key, fmt::format("{} is no metric name; it takes letters, digits, _ and :, and "
                                    "starts with no digit",
                                    exporter::Quoted(name)));
  }
  return name;
}

void ReadLabels(YamlReader& reader, const std::string& key, SqlMetric& metric) {
  metric.labels = reader.Strings(key);
  metric.constant_labels = reader.LabelMap("constant_labels");
  std::vector<std::string> names;
  for (const auto& [name, value] : metric.constant_labels) names.push_back(name);
  for (const std::string& label : metric.labels) {
    if (!exporter::IsSampleLabelName(label)) {
      reader.Problem(key, fmt::format("{} is no label name; it takes letters, digits and _, starts "
                                      "with no digit and not with __; give the column another name "
                                      "with AS in a query",
                                      exporter::Quoted(label)));
    } else if (std::find(names.begin(), names.end(), label) != names.end()) {
      reader.Problem(key, fmt::format("the label {} is there twice", label));
    }
    names.push_back(label);
  }
}

QueryMetric ReadMetric(YamlReader& reader) {
  QueryMetric read;
  SqlMetric& metric = read.metric;
  const std::size_t before = reader.problem_count();
  metric.type = kTypes[reader.OneOf("type", kTypeNames, 0)];
  CheckPairs(reader);
  CheckAgainstType(reader, metric.type);
  metric.shape = ReadShape(reader, metric.type);
  metric.name = ReadName(reader, metric.shape);
  if (!reader.Has("values")) metric.value = reader.RequiredString("value");
  ReadLabels(reader, "labels", metric);
  CheckOwnLabel(reader, metric);
  metric.help = reader.String("help", DefaultHelp(metric));
  metric.factor = reader.Number("factor", 1);
  if (metric.type == MetricType::Histogram && metric.factor <= 0) {
    reader.Problem("factor", "the factor of a histogram must be above 0");
  }
  read.versions = ReadVersions(reader);
  reader.RejectUnknownKeys();
  // Do not report clashes with other metrics: they would only follow from this mistake.
  if (reader.problem_count() != before) metric.name.clear();
  return read;
}

}  // namespace collectors
