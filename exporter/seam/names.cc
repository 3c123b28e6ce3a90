#include "exporter/seam/names.h"

#include <algorithm>
#include <array>

namespace exporter {
namespace {

constexpr std::array<std::string_view, 2> kReserved = {"exporter_", "process_"};

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsName(std::string_view name, bool colons) {
  if (name.empty() || IsDigit(name.front())) return false;
  return std::ranges::all_of(
      name, [colons](char c) { return IsLetter(c) || IsDigit(c) || (colons && c == ':'); });
}

}  // namespace

bool IsMetricName(std::string_view name) { return IsName(name, /*colons=*/true); }
bool IsLabelName(std::string_view name) { return IsName(name, /*colons=*/false); }
bool IsInternalName(std::string_view name) { return name.starts_with("__"); }
bool IsSampleLabelName(std::string_view name) { return IsLabelName(name) && !IsInternalName(name); }

bool IsReservedName(std::string_view name) {
  return std::ranges::any_of(kReserved,
                             [name](std::string_view prefix) { return name.starts_with(prefix); });
}

}  // namespace exporter
