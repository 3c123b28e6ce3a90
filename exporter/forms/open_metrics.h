#pragma once

#include <string>
#include <string_view>

#include "exporter/seam/family.h"

namespace exporter {

inline constexpr std::string_view kOpenMetricsEnd = "# EOF\n";

// A family in OpenMetrics 1.0. The family of a counter `x_total` is `x`, that of an info `x_info`
// is `x`. A counter of another name has no place in the format and is written as unknown; so is a
// summary with quantiles outside 0 to 1. `is_name_free` is false if the page has a family of the
// shorter name; then the longer name stays, as unknown.
// https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
void AppendOpenMetrics(std::string& out, const Family& family, bool is_name_free);

// The family's name without its ending: `x` of a counter `x_total` and of an info `x_info`; empty
// for all others.
std::string_view ShorterName(FamilyType type, std::string_view name);

}  // namespace exporter
