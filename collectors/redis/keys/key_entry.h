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

// What is shown of a key.
enum class KeyValue {
  kString,  // The number that its string is.
  kLength,  // How many entries it has, or bytes.
  kHash,    // The number in a field of it.
  kMemory,  // The bytes that it takes.
  kCount,   // How many keys match.
  kAll,     // redis_exporter's families: size, number, memory.
};

// An entry of `keys`: one key or a pattern of them, and the metric that they become.
struct KeyEntry {
  std::string key;                    // Taken literally; empty where there is a pattern.
  std::optional<KeyPattern> pattern;  // Its names become labels.
  int database = 0;
  KeyValue value = KeyValue::kAll;
  std::string field;  // Of kHash.

  // Where empty, the families are redis_exporter's, with the labels db and key.
  std::string metric;
  prometheus::MetricType type = prometheus::MetricType::Gauge;
  std::string help;
  exporter::Labels labels;  // The same for every series.
  double factor = 1;
  OnMissing on_missing = OnMissing::kDrop;

  const std::string& text() const { return pattern ? pattern->text() : key; }
  // What a problem with it is called.
  const std::string& name() const { return metric.empty() ? text() : metric; }
};

// No server has more databases.
inline constexpr int kMaxRedisDatabase = 1'000'000;

// "db0", as redis_exporter's label says it.
std::string DatabaseLabel(int database);

struct KeyOptions {
  std::vector<KeyEntry> entries;
  WalkLimits walk;
};

// The keys `keys`, `discovery_interval`, `discovery_keys` and `discovery_time`
// of a collector. `database` is where an entry does not say. Notes what is wrong
// in the reader.
KeyOptions ReadKeyOptions(exporter::YamlReader& options, int database);

}  // namespace collectors
