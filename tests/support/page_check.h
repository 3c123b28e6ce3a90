#pragma once

#include <string>
#include <string_view>

namespace testing {

// What is wrong with a page in the text format 0.0.4, as "line 7: WHY: LINE", or
// nothing. Stricter than Prometheus, which takes what it can: each line is HELP,
// TYPE or a sample, in UTF-8; a family has one TYPE, before its samples, which
// stand together; escapes are those of the format; no series is there twice.
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
std::string PageProblem(std::string_view page);

}  // namespace testing
