#pragma once

#include <prometheus/metric_type.h>

#include <optional>
#include <string>
#include <vector>

#include "collectors/redis/keys/key_pattern.h"
#include "collectors/redis/keys/key_walk.h"
#include "collectors/series/metric_series.h"
#include "exporter/config/yaml_reader.h"
#include "exporter/seam/family_set.h"

namespace collectors {

// What to show of a key.
enum class KeyValue {
  kString,  // The string, read as a number.
  kLength,  // The number of entries; bytes for a string.
  kHash,    // The number in one field of a hash.
  kMemory,  // The key's memory in bytes.
  kCount,   // The number of matching keys.
  kAll,     // redis_exporter's families: size, number, memory.
};

// An entry of `keys`: one key or a pattern of keys, and their metric.
struct KeyEntry {
  std::string key;                    // Literal; empty if there is a pattern.
  std::optional<KeyPattern> pattern;  // Its names become labels.
  int database = 0;
  KeyValue value = KeyValue::kAll;
  std::string field;  // For kHash only.

  // If empty, the families are redis_exporter's, with the labels `db` and `key`.
  std::string metric;
  prometheus::MetricType type = prometheus::MetricType::Gauge;
  std::string help;
  exporter::Labels labels;  // Added to every series.
  double factor = 1;
  OnMissing on_missing = OnMissing::kDrop;

  const std::string& text() const { return pattern ? pattern->text() : key; }
  // The name that problems with this entry are reported under.
  const std::string& name() const { return metric.empty() ? text() : metric; }
};

// Above the number of databases of any server.
inline constexpr int kMaxRedisDatabase = 1'000'000;

// Returns "db0", the value of redis_exporter's label.
std::string DatabaseLabel(int database);

struct KeyOptions {
  std::vector<KeyEntry> entries;
  WalkLimits walk;
};

// Reads a collector's `keys`, `discovery_interval`, `discovery_keys` and `discovery_time`.
// `database` is the default for entries without `db`. Reports mistakes to the reader.
KeyOptions ReadKeyOptions(exporter::YamlReader& options, int database);

}  // namespace collectors
