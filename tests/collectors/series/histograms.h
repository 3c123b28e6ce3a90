#pragma once

#include <fmt/format.h>

#include <string>

#include "collectors/series/sql_metric.h"

namespace collectors {

// Returns "1:3 5:4 count 9 sum 2.5" for tables: bounds with their cumulative counts.
inline std::string Text(const SqlHistogram& histogram) {
  if (!histogram) return "none";
  std::string text;
  for (const auto& bucket : histogram->bucket) {
    text += fmt::format("{}:{} ", bucket.upper_bound, bucket.cumulative_count);
  }
  return text + fmt::format("count {} sum {}", histogram->sample_count, histogram->sample_sum);
}

}  // namespace collectors
