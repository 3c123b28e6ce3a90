#include "exporter/config/duration.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <span>

namespace exporter {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};

constexpr std::array<Unit, 7> kUnits = {{{"y", 365LL * 24 * 60 * 60 * 1000},
                                         {"w", 7LL * 24 * 60 * 60 * 1000},
                                         {"d", 24LL * 60 * 60 * 1000},
                                         {"h", 60LL * 60 * 1000},
                                         {"m", 60LL * 1000},
                                         {"s", 1000},
                                         {"ms", 1}}};
// Far below an overflow of a clock's nanoseconds.
constexpr std::int64_t kMost = 100 * kUnits[0].milliseconds;

// Cuts the leading digits off `text`; absent if there are none or too many.
std::optional<std::int64_t> TakeNumber(std::string_view& text) {
  std::int64_t number = 0;
  if (text.empty() || text.front() == '-') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::string_view TakeUnit(std::string_view& text) {
  const std::string_view unit = text.substr(0, text.find_first_of("0123456789"));
  text.remove_prefix(unit.size());
  return unit;
}

}  // namespace

std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds(0);
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  std::span<const Unit> allowed = kUnits;
  while (!text.empty()) {
    const auto number = TakeNumber(text);
    if (!number) return std::nullopt;
    const std::string_view name = TakeUnit(text);
    while (!allowed.empty() && allowed.front().name != name) allowed = allowed.subspan(1);
    if (allowed.empty() || *number > kMost / allowed.front().milliseconds) return std::nullopt;
    total += *number * allowed.front().milliseconds;
    if (total > kMost) return std::nullopt;
    allowed = allowed.subspan(1);
  }
  return std::chrono::milliseconds(total);
}

std::string FormatDuration(std::chrono::milliseconds duration) {
  std::int64_t rest = duration.count();
  if (rest == 0) return "0s";
  std::string text;
  for (const Unit& unit : std::span(kUnits).subspan(2)) {
    if (rest < unit.milliseconds) continue;
    text += std::to_string(rest / unit.milliseconds);
    text += unit.name;
    rest %= unit.milliseconds;
  }
  return text;
}

}  // namespace exporter
