#include "exporter/forms/exposition.h"

#include <array>
#include <charconv>
#include <cmath>
#include <vector>

namespace exporter {
namespace {

// The format has five types. A gauge histogram is written as a histogram, as the Go client does.
std::string_view TypeName(FamilyType type) {
  switch (type) {
    case FamilyType::kCounter:
      return "counter";
    case FamilyType::kGauge:
    case FamilyType::kInfo:
    case FamilyType::kStateSet:
      return "gauge";
    case FamilyType::kSummary:
      return "summary";
    case FamilyType::kHistogram:
    case FamilyType::kGaugeHistogram:
      return "histogram";
    default:
      return "untyped";
  }
}

// The rest of a line after its name and labels.
void AppendEnd(std::string& out, bool has_labels, const Family::Line& line,
               const SampleExtras* extras) {
  char before = has_labels ? ',' : '{';
  if (!line.own_label.empty()) {
    out += before;
    out.append(line.own_label).append("=\"");
    AppendNumber(out, line.bound);
    out += '"';
    before = ',';
  }
  out += before == ',' ? "} " : " ";
  AppendNumber(out, line.value);
  if (extras != nullptr && extras->timestamp_ms) {
    out += ' ';
    out += std::to_string(*extras->timestamp_ms);
  }
  out += '\n';
}

}  // namespace

void AppendEscaped(std::string& out, std::string_view text, bool quotes) {
  const std::string_view special = quotes ? "\\\n\"" : "\\\n";
  std::size_t at = 0;
  while ((at = text.find_first_of(special)) != std::string_view::npos) {
    out.append(text.substr(0, at));
    out += '\\';
    out += text[at] == '\n' ? 'n' : text[at];
    text.remove_prefix(at + 1);
  }
  out.append(text);
}

void AppendLabels(std::string& out, std::span<const LabelView> labels) {
  char before = '{';
  for (const LabelView& label : labels) {
    out += before;
    out.append(label.name).append("=\"");
    AppendEscaped(out, label.value, /*quotes=*/true);
    out += '"';
    before = ',';
  }
}

void AppendNumber(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    std::array<char, 32> digits;
    // The shortest text that parses to the same number. Exact integers have no exponent as far as a
    // double counts them all; small numbers have none as long as Go writes them so. They are bounds
    // of buckets, and labels are compared as text.
    const double size = std::abs(value);
    const bool whole = size < 9007199254740992.0 && value == std::trunc(value);
    const bool fixed = whole || (size >= 1e-4 && size < 1);
    const auto end = fixed ? std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                           std::chars_format::fixed)
                           : std::to_chars(digits.data(), digits.data() + digits.size(), value);
    out.append(digits.data(), end.ptr);
  }
}

void AppendText(std::string& out, const Family& family) {
  if (!family.help().empty()) {
    out.append("# HELP ").append(family.name()) += ' ';
    AppendEscaped(out, family.help(), /*quotes=*/false);
    out += '\n';
  }
  out.append("# TYPE ").append(family.name()) += ' ';
  out.append(TypeName(family.type())) += '\n';
  std::vector<LabelView> views;
  std::string labels;
  for (std::size_t i = 0; i < family.size(); ++i) {
    family.LabelsAt(i, views);
    labels.clear();
    AppendLabels(labels, views);
    const SampleExtras* extras = family.ExtrasAt(i);
    const std::size_t lines = family.LinesAt(i);
    for (std::size_t k = 0; k < lines; ++k) {
      const Family::Line line = family.LineAt(i, k);
      out.append(family.name()).append(line.suffix).append(labels);
      AppendEnd(out, !labels.empty(), line, extras);
    }
  }
}

}  // namespace exporter
