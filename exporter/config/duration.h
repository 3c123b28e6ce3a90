#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace exporter {

// Durations as Prometheus writes them: whole numbers with the units y, w, d, h,
// m, s, ms, the larger unit first, each at most once (1m30s); a year has 365
// days. "0" needs no unit.
// https://prometheus.io/docs/prometheus/latest/configuration/configuration/

// Absent if the text is not a duration, or is longer than 100 years.
std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text);

// The shortest such text: 90 seconds are 1m30s. Days are the largest unit, since 400d is easier to
// read than 1y5w.
std::string FormatDuration(std::chrono::milliseconds duration);

}  // namespace exporter
