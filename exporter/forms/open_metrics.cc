#include "exporter/forms/open_metrics.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <vector>

#include "exporter/forms/exposition.h"

namespace exporter {
namespace {

constexpr std::array<std::string_view, 8> kTypeNames = {
    "unknown", "gauge", "counter", "histogram", "gaugehistogram", "summary", "info", "stateset"};

constexpr std::string_view kTotal = "_total";
constexpr std::string_view kInfo = "_info";

// The family's name and type in this format.
struct Header {
  std::string_view name;
  FamilyType type;
};

Header HeaderOf(const Family& family, bool is_name_free) {
  const std::string_view shorter = ShorterName(family.type(), family.name());
  if (!shorter.empty() && is_name_free) return {shorter, family.type()};
  const bool needs_ending =
      family.type() == FamilyType::kCounter || family.type() == FamilyType::kInfo;
  return {family.name(), needs_ending ? FamilyType::kUnknown : family.type()};
}

void AppendHeader(std::string& out, const Header& header, const Family& family) {
  out.append("# TYPE ").append(header.name) += ' ';
  out.append(kTypeNames[static_cast<std::size_t>(header.type)]) += '\n';
  const std::string& unit = family.unit();
  // The format allows a unit only if the name ends with it.
  if (!unit.empty() && header.name.ends_with(unit))
    out.append("# UNIT ").append(header.name).append(" ").append(unit) += '\n';
  if (family.help().empty()) return;
  out.append("# HELP ").append(header.name) += ' ';
  AppendEscaped(out, family.help(), /*quotes=*/true);
  out += '\n';
}

std::string_view Suffix(FamilyType type, std::string_view suffix) {
  if (type != FamilyType::kGaugeHistogram) return suffix;
  if (suffix == "_sum") return "_gsum";
  return suffix == "_count" ? "_gcount" : suffix;
}

void AppendExemplar(std::string& out, const Exemplar& exemplar) {
  std::vector<LabelView> labels;
  for (const auto& [name, value] : exemplar.labels) labels.push_back({name, value});
  out += " # ";
  if (labels.empty()) out += '{';
  AppendLabels(out, labels);
  out += "} ";
  AppendNumber(out, exemplar.value);
  if (!exemplar.unix_seconds) return;
  out += ' ';
  out += fmt::format("{:.3f}", *exemplar.unix_seconds);
}

// The format allows exemplars only on buckets and counters.
void AppendExemplars(std::string& out, const SampleExtras& extras, std::size_t at, FamilyType type,
                     const Family::Line& line) {
  if (line.suffix != "_bucket" && type != FamilyType::kCounter) return;
  for (const auto& [index, exemplar] : extras.exemplars) {
    if (index == at) return AppendExemplar(out, exemplar);
  }
}

// The lines of one sample, or only those with the suffix `only`.
void AppendSample(std::string& out, const Family& family, FamilyType type, std::size_t index,
                  std::string_view labels, std::optional<std::string_view> only) {
  const SampleExtras* extras = family.ExtrasAt(index);
  const std::size_t lines = family.LinesAt(index);
  for (std::size_t k = 0; k < lines; ++k) {
    const Family::Line line = family.LineAt(index, k);
    if (only && *only != line.suffix) continue;
    out.append(family.name()).append(Suffix(type, line.suffix)).append(labels);
    if (!line.own_label.empty()) {
      out.append(labels.empty() ? "{" : ",").append(line.own_label).append("=\"");
      AppendNumber(out, line.bound);
      out += '"';
    }
    out += labels.empty() && line.own_label.empty() ? " " : "} ";
    AppendNumber(out, line.value);
    if (extras != nullptr) {
      if (extras->timestamp_ms)
        out += fmt::format(" {:.3f}", static_cast<double>(*extras->timestamp_ms) / 1000);
      AppendExemplars(out, *extras, k, type, line);
    }
    out += '\n';
  }
}

void AppendSamples(std::string& out, const Family& family, FamilyType type,
                   std::optional<std::string_view> only = {}) {
  std::vector<LabelView> views;
  std::string labels;
  for (std::size_t i = 0; i < family.size(); ++i) {
    family.LabelsAt(i, views);
    labels.clear();
    AppendLabels(labels, views);
    AppendSample(out, family, type, i, labels, only);
  }
}

// The format allows quantiles from 0 to 1 only; redis_exporter writes them in percent.
bool HasStrayQuantile(const Family& family) {
  if (family.type() != FamilyType::kSummary) return false;
  for (std::size_t i = 0; i < family.size(); ++i) {
    for (std::size_t k = 0; k + 2 < family.LinesAt(i); ++k) {
      const double quantile = family.LineAt(i, k).bound;
      if (!(quantile >= 0 && quantile <= 1)) return true;
    }
  }
  return false;
}

// Such a summary becomes three families of unknown type.
void AppendTorn(std::string& out, const Family& family) {
  for (const std::string_view suffix : {"", "_sum", "_count"}) {
    const std::string name = family.name() + std::string(suffix);
    AppendHeader(out, {name, FamilyType::kUnknown}, family);
    AppendSamples(out, family, FamilyType::kUnknown, suffix);
  }
}

}  // namespace

std::string_view ShorterName(FamilyType type, std::string_view name) {
  std::string_view ending;
  if (type == FamilyType::kCounter) ending = kTotal;
  if (type == FamilyType::kInfo) ending = kInfo;
  if (ending.empty() || !name.ends_with(ending) || name.size() == ending.size()) return {};
  return name.substr(0, name.size() - ending.size());
}

void AppendOpenMetrics(std::string& out, const Family& family, bool is_name_free) {
  if (HasStrayQuantile(family)) return AppendTorn(out, family);
  const Header header = HeaderOf(family, is_name_free);
  AppendHeader(out, header, family);
  AppendSamples(out, family, header.type);
}

}  // namespace exporter
