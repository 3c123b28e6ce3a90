#include "collectors/clients/net/url_parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "collectors/clients/net/url_parts.h"
#include "exporter/config/nearest.h"

namespace collectors {
namespace {

constexpr std::size_t kLongestName = 40;
constexpr std::size_t kMostNamed = 10;
constexpr std::string_view kMarks = "_-.[]";

// A name with one of these parts may change who is asked or who can listen.
constexpr std::string_view kWeightyParts[] = {"ssl",      "tls",        "cert",   "host",
                                              "keystore", "truststore", "schema", "verify"};
// Names with such a part that change neither, of pgjdbc, node-postgres and Connector/J.
constexpr std::string_view kLightNames[] = {"hostrecheckseconds", "load_balance_hosts",
                                            "loadbalancehosts",   "sslnegotiation",
                                            "sslresponsetimeout", "usehostsinprivileges"};

bool IsWord(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !name.empty() && name.size() <= kLongestName && is_letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) {
           return is_letter(c) || (c >= '0' && c <= '9') ||
                  kMarks.find(c) != std::string_view::npos;
         });
}

bool IsWeighty(const std::string& plain) {
  if (std::ranges::find(kLightNames, plain) != std::end(kLightNames)) return false;
  return std::ranges::any_of(
      kWeightyParts, [&](std::string_view part) { return plain.find(part) != std::string::npos; });
}

}  // namespace

std::vector<UrlParameter> UrlParameters(std::string_view query) {
  std::vector<UrlParameter> parameters;
  while (!query.empty()) {
    std::string_view value = CutFront(query, "&");
    if (!query.empty()) query.remove_prefix(1);
    const std::string_view name = CutFront(value, "=");
    if (!value.empty()) value.remove_prefix(1);
    if (!name.empty() || !value.empty()) parameters.push_back({name, value});
  }
  return parameters;
}

std::string PlainName(std::string_view text) {
  std::string plain(text);
  std::ranges::replace(plain, '-', '_');
  std::ranges::transform(plain, plain.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return plain;
}

void DropParameter(std::string_view name, std::span<const std::string_view> known,
                   std::span<const RefusedParameter> refused, std::vector<std::string>& dropped) {
  if (!IsWord(name)) {
    throw std::invalid_argument(
        "a parameter of the URL has no valid name; a ? or & in a password is written %3F or %26");
  }
  const std::string plain = PlainName(name);
  const auto row = std::ranges::find(refused, plain, &RefusedParameter::name);
  if (row != refused.end()) {
    throw std::invalid_argument(
        fmt::format("the URL's parameter \"{}\" cannot be honoured: {}", name, row->instead));
  }
  const std::string hint = exporter::DidYouMean(name, known);
  if (IsWeighty(plain) || !hint.empty()) {
    throw std::invalid_argument(
        fmt::format("the URL's parameter \"{}\" is not known, and may change the security or the "
                    "target of the connection{}",
                    name, hint.empty() ? "; leave it out if it does not" : hint));
  }
  dropped.emplace_back(name);
}

std::string DroppedNote(const std::vector<std::string>& dropped) {
  const std::set<std::string> names(dropped.begin(), dropped.end());
  std::vector<std::string> shown(names.begin(), names.end());
  const std::size_t more = shown.size() - std::min(shown.size(), kMostNamed);
  shown.resize(shown.size() - more);
  return fmt::format("{} of the URL {} no effect here: {}{}",
                     names.size() == 1 ? "a parameter" : "parameters",
                     names.size() == 1 ? "has" : "have", fmt::join(shown, ", "),
                     more == 0 ? "" : fmt::format(" and {} more", more));
}

}  // namespace collectors
