#pragma once

#include <string>
#include <string_view>

#include "exporter/seam/family.h"

namespace exporter {

// The shortest text that parses to the same number: "15", "0.1", "1e+30", "+Inf", "-Inf", "NaN".
void AppendNumber(std::string& out, double value);

// Appends `text` with backslash and newline escaped, and the quote if asked.
void AppendEscaped(std::string& out, std::string_view text, bool quotes);

// `{a="1",b="2"` without its closing brace; nothing if there are no labels.
void AppendLabels(std::string& out, std::span<const LabelView> labels);

// A family in the text format 0.0.4: HELP, TYPE and samples, with their labels in order. The format
// has no place for exemplars, created times, units and native histograms.
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
void AppendText(std::string& out, const Family& family);

}  // namespace exporter
