#include "collectors/redis/keys/key_entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <stdexcept>
#include <string_view>
#include <tuple>
#include <utility>

#include "collectors/series/sql_metric.h"
#include "exporter/seam/names.h"

namespace collectors {
namespace {

using exporter::YamlReader;
using prometheus::MetricType;

constexpr std::int64_t kFewestKeys = 1000;  // The number of keys that one SCAN looks at.
constexpr std::string_view kOwnNames = "redis_";
constexpr std::int64_t kMostKeys = 1000000000;

constexpr std::array<std::string_view, 2> kTypeNames = {"gauge", "counter"};
constexpr std::array<MetricType, 2> kTypes = {MetricType::Gauge, MetricType::Counter};
constexpr std::array<std::string_view, 3> kOnMissingNames = {"drop", "zero", "keep"};
constexpr std::array<OnMissing, 3> kOnMissing = {OnMissing::kDrop, OnMissing::kZero,
                                                 OnMissing::kKeep};

struct ValueRow {
  KeyValue value;
  bool may_count;  // Whether the metric may be a counter.
  std::size_t on_missing;
  std::string_view help;  // {} stands for the key.
};
constexpr std::size_t kDrop = 0;
constexpr std::size_t kZero = 1;
// kValues has the same order as kValueNames.
constexpr std::array<std::string_view, 5> kValueNames = {"string", "length", "hash", "memory",
                                                         "count"};
constexpr ValueRow kValues[] = {
    {KeyValue::kString, true, kDrop, "The number in {}."},
    {KeyValue::kLength, true, kZero, "How many entries {} has; bytes, where it is a string."},
    {KeyValue::kHash, true, kDrop, "The number in a field of {}."},
    {KeyValue::kMemory, false, kDrop, "Bytes of memory that {} takes."},
    {KeyValue::kCount, false, kZero, "How many keys match {}."},
    {KeyValue::kAll, false, kZero, ""},
};

const ValueRow& RowOf(KeyValue value) { return kValues[static_cast<std::size_t>(value)]; }

void ReadPattern(YamlReader& reader, KeyEntry& entry) {
  const std::string text = reader.RequiredString("pattern");
  if (text.empty()) return;
  try {
    entry.pattern.emplace(text);
  } catch (const std::invalid_argument& error) {
    reader.Problem("pattern", error.what());
    return;
  }
  if (!entry.pattern->merges() && entry.pattern->names().empty()) {
    reader.Problem("pattern", "nothing in it varies: write key: for one key");
  }
}

void ReadWhich(YamlReader& reader, KeyEntry& entry) {
  const bool has_key = reader.Has("key");
  if (reader.Has("pattern")) {
    if (has_key) reader.Problem("key", "an entry has a key or a pattern, not both");
    ReadPattern(reader, entry);
  } else if (has_key) {
    entry.key = reader.RequiredString("key");
  } else {
    reader.Problem("key", "an entry needs key: (one key, by its name) or pattern: (many)");
  }
}

// Options that need a metric.
constexpr std::string_view kOfMetrics[] = {"type", "field", "factor", "help", "labels"};

void RefuseMetricKeys(YamlReader& reader, const KeyEntry& entry) {
  for (const std::string_view key : kOfMetrics) {
    if (!reader.Has(std::string(key))) continue;
    reader.Problem(std::string(key),
                   fmt::format("{} needs a metric; without one, the families are those of "
                               "redis_exporter",
                               key));
  }
  if (reader.Has("value") && entry.value != KeyValue::kCount) {
    reader.Problem("value",
                   "value needs a metric, except for count; without one, the families are those "
                   "of redis_exporter");
  }
  if (entry.pattern && !entry.pattern->names().empty()) {
    reader.Problem("pattern",
                   fmt::format("{{{}}} is a label of a metric: name one with metric:, or write *",
                               entry.pattern->names().front()));
  }
}

void CheckValue(YamlReader& reader, const KeyEntry& entry) {
  if (entry.value == KeyValue::kCount && !entry.pattern && reader.Has("key")) {
    reader.Problem("value", "count says how many keys match a pattern; a key is one");
  }
  if (entry.value != KeyValue::kHash && !entry.metric.empty() && reader.Has("field")) {
    reader.Problem("field", "only a hash has fields: add value: hash");
  }
  if (entry.type == MetricType::Counter && !RowOf(entry.value).may_count) {
    reader.Problem("type", fmt::format("{} goes up and down: it is a gauge",
                                       kValueNames[static_cast<std::size_t>(entry.value)]));
  }
}

void ReadLabels(YamlReader& reader, KeyEntry& entry) {
  entry.labels = reader.LabelMap("labels");
  if (!entry.pattern) return;
  for (const auto& [name, value] : entry.labels) {
    if (std::ranges::find(entry.pattern->names(), name) == entry.pattern->names().end()) continue;
    reader.Problem("labels", fmt::format("the label {} is in the pattern too", name));
  }
}

std::string DefaultHelp(const KeyEntry& entry) {
  const std::string key =
      entry.value == KeyValue::kCount
          ? entry.text()
          : fmt::format("{} Redis key {}", entry.pattern ? "each" : "the", entry.text());
  return fmt::format(fmt::runtime(RowOf(entry.value).help), key);
}

void ReadMetric(YamlReader& reader, KeyEntry& entry) {
  if (!entry.metric.empty() && !exporter::IsMetricName(entry.metric)) {
    reader.Problem("metric", fmt::format("{} is no metric name; it takes letters, digits, _ and :, "
                                         "and starts with no digit",
                                         exporter::Quoted(entry.metric)));
  }
  if (entry.metric.starts_with(kOwnNames)) {
    reader.Problem("metric",
                   "names that begin with redis_ are the collector's own: choose another");
  }
  entry.type = kTypes[reader.OneOf("type", kTypeNames, 0)];
  if (entry.value == KeyValue::kHash) entry.field = reader.RequiredString("field");
  entry.factor = reader.Number("factor", 1);
  ReadLabels(reader, entry);
  entry.help = reader.String("help", DefaultHelp(entry));
}

KeyEntry ReadEntry(YamlReader& reader, int database) {
  KeyEntry entry;
  ReadWhich(reader, entry);
  entry.database = static_cast<int>(reader.Integer("db", database, 0, kMaxRedisDatabase));
  entry.value = kValues[reader.OneOf("value", kValueNames, 0)].value;
  if (reader.Has("metric")) {
    entry.metric = reader.RequiredString("metric");
    ReadMetric(reader, entry);
  } else {
    RefuseMetricKeys(reader, entry);
    if (entry.value != KeyValue::kCount) entry.value = KeyValue::kAll;
  }
  CheckValue(reader, entry);
  entry.on_missing =
      kOnMissing[reader.OneOf("on_missing", kOnMissingNames, RowOf(entry.value).on_missing)];
  reader.RejectUnknownKeys();
  return entry;
}

// The series of all entries, to find two entries that produce the same.
class SeriesNames {
 public:
  // Adds an entry. Returns what is wrong with it, or "".
  std::string Add(const KeyEntry& entry) {
    return entry.metric.empty() ? AddPlain(entry) : AddMetric(entry);
  }

 private:
  std::string AddPlain(const KeyEntry& entry) {
    const bool counts = entry.value == KeyValue::kCount;
    if (plain_.emplace(entry.database, counts, entry.pattern.has_value(), entry.text()).second) {
      return "";
    }
    return fmt::format("{} is there twice", exporter::Quoted(entry.text()));
  }

  std::string AddMetric(const KeyEntry& entry) {
    const auto [type, is_new] = types_.emplace(entry.metric, entry.type);
    if (!is_new && type->second != entry.type) {
      return fmt::format("{} is a gauge in one place and a counter in another", entry.metric);
    }
    exporter::Labels labels = entry.labels;
    std::set<std::string> names;
    if (entry.pattern) names.insert(entry.pattern->names().begin(), entry.pattern->names().end());
    std::ranges::sort(labels);
    if (series_.emplace(entry.metric, std::move(labels), std::move(names)).second) return "";
    return fmt::format("{} is there twice with the same labels; give one of them labels",
                       entry.metric);
  }

  std::set<std::tuple<int, bool, bool, std::string>> plain_;
  std::map<std::string, MetricType> types_;
  std::set<std::tuple<std::string, exporter::Labels, std::set<std::string>>> series_;
};

}  // namespace

std::string DatabaseLabel(int database) { return fmt::format("db{}", database); }

KeyOptions ReadKeyOptions(YamlReader& options, int database) {
  KeyOptions read;
  SeriesNames names;
  for (YamlReader& reader : options.List("keys")) {
    KeyEntry entry = ReadEntry(reader, database);
    const std::string problem = names.Add(entry);
    if (!problem.empty()) reader.Problem(entry.metric.empty() ? "key" : "metric", problem);
    read.entries.push_back(std::move(entry));
  }
  read.walk.interval = options.Duration("discovery_interval", read.walk.interval);
  read.walk.keys = static_cast<std::size_t>(options.Integer(
      "discovery_keys", static_cast<std::int64_t>(read.walk.keys), kFewestKeys, kMostKeys));
  read.walk.time = options.Duration("discovery_time", read.walk.time);
  return read;
}

}  // namespace collectors
