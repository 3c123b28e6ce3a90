#pragma once

#include <string>
#include <string_view>

#include "exporter/seam/family.h"

namespace exporter {

// The shortest text that reads back as the same number: "15", "0.1", "1e+30",
// "+Inf", "-Inf", "NaN".
void AppendNumber(std::string& out, double value);

// As `text`, with backslash and newline escaped, and the quote if asked.
void AppendEscaped(std::string& out, std::string_view text, bool quotes);

// `{a="1",b="2"` without its end, or nothing if there is no label.
void AppendLabels(std::string& out, std::span<const LabelView> labels);

// A family in the text format 0.0.4: HELP, TYPE and its samples, labels in the order that they
// have. Exemplars, created times, units and native histograms have no place in it.
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
void AppendText(std::string& out, const Family& family);

}  // namespace exporter
