#include "exporter/forms/negotiation.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

namespace exporter {
namespace {

// One entry of a header: "text/plain;version=0.0.4;q=0.5".
struct Choice {
  std::string value;  // In lower case.
  std::vector<std::string> parameters;
  double q = 1;
};

std::string Stripped(std::string_view text) {
  std::string lower;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isspace(byte) == 0) lower += static_cast<char>(std::tolower(byte));
  }
  return lower;
}

std::vector<std::string> Split(std::string_view text, char at) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(at), text.size());
    parts.push_back(Stripped(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

// The most entries that are read: a header may have some thousand bytes.
constexpr std::size_t kMostChoices = 32;

std::vector<Choice> ChoicesOf(std::string_view header) {
  std::vector<Choice> choices;
  for (const std::string& item : Split(header, ',')) {
    std::vector<std::string> parts = Split(item, ';');
    if (parts.empty() || choices.size() == kMostChoices) continue;
    Choice choice{parts.front(), {}, 1};
    for (std::size_t i = 1; i < parts.size(); ++i) {
      if (parts[i].starts_with("q=")) {
        choice.q = std::atof(parts[i].c_str() + 2);
      } else {
        choice.parameters.push_back(parts[i]);
      }
    }
    choices.push_back(std::move(choice));
  }
  return choices;
}

// A parameter's value, or `otherwise` if the entry lacks it.
std::string Value(const Choice& choice, std::string_view parameter, std::string_view otherwise) {
  for (const std::string& given : choice.parameters) {
    if (given.starts_with(parameter) && given.substr(parameter.size()).starts_with('='))
      return given.substr(parameter.size() + 1);
  }
  return std::string(otherwise);
}

std::optional<Format> FormatOf(const Choice& choice) {
  if (choice.value == "application/openmetrics-text") {
    const std::string version = Value(choice, "version", "1.0.0");
    return version == "1.0.0" || version == "0.0.1" ? std::optional(Format::kOpenMetrics)
                                                    : std::nullopt;
  }
  if (choice.value == "application/vnd.google.protobuf") {
    constexpr std::string_view kMessage = "io.prometheus.client.metricfamily";
    const bool fits = Value(choice, "proto", kMessage) == kMessage &&
                      Value(choice, "encoding", "delimited") == "delimited";
    return fits ? std::optional(Format::kProtobuf) : std::nullopt;
  }
  const bool is_text = choice.value == "text/plain" && Value(choice, "version", "0.0.4") == "0.0.4";
  if (is_text || choice.value == "text/*" || choice.value == "*/*") return Format::kText;
  return std::nullopt;
}

Format FormatFor(std::string_view accept, bool has_extras) {
  std::array<double, 3> qualities{};
  std::vector<Format> order;
  bool names_text = false;
  for (const Choice& choice : ChoicesOf(accept)) {
    const auto format = FormatOf(choice);
    if (!format) continue;
    if (choice.value == "text/plain" && choice.q > 0) names_text = true;
    double& quality = qualities[static_cast<std::size_t>(*format)];
    if (choice.q > quality) order.push_back(*format);
    quality = std::max(quality, choice.q);
  }
  Format best = Format::kText;
  double highest = 0;
  for (const Format format : order) {
    const double quality = qualities[static_cast<std::size_t>(format)];
    if (quality > highest) {
      best = format;
      highest = quality;
    }
  }
  return best == Format::kOpenMetrics && names_text && !has_extras ? Format::kText : best;
}

// Without the header there is no coding. RFC 9110 allows any, but vmagent sends no header and reads
// none.
Coding CodingFor(std::string_view accept_encoding) {
  double gzip = -1;
  double zstd = -1;
  double any = -1;
  for (const Choice& choice : ChoicesOf(accept_encoding)) {
    if (choice.value == "gzip") gzip = choice.q;
    if (choice.value == "zstd") zstd = choice.q;
    if (choice.value == "*") any = choice.q;
  }
  if (gzip < 0) gzip = any;
  // A star never means zstd: few clients can read it.
  if (zstd > 0 && zstd >= gzip) return Coding::kZstd;
  return gzip > 0 ? Coding::kGzip : Coding::kIdentity;
}

}  // namespace

Form FormFor(std::string_view accept, std::string_view accept_encoding, bool has_extras) {
  return {FormatFor(accept, has_extras), CodingFor(accept_encoding)};
}

}  // namespace exporter
