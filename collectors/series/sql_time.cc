#include "collectors/series/sql_time.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <limits>

namespace collectors {
namespace {

constexpr double kMinute = 60;
constexpr double kHour = 60 * kMinute;
constexpr double kDay = 24 * kHour;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool Skip(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(what.size());
  return true;
}

// Removes the digits at the front of the text and returns their number.
std::optional<std::int64_t> TakeDigits(std::string_view& text) {
  std::int64_t number = 0;
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

// Takes a number below 60: minutes or seconds.
std::optional<double> TakeSixtieth(std::string_view& text) {
  const auto number = TakeDigits(text);
  return number && *number < 60 ? std::optional(static_cast<double>(*number)) : std::nullopt;
}

// Takes a point and the digits after it, if there is one.
std::optional<double> TakeFraction(std::string_view& text) {
  if (!text.starts_with('.')) return 0;
  const std::size_t end = std::min(text.find_first_not_of("0123456789", 1), text.size());
  double fraction = 0;
  const auto [last, error] = std::from_chars(text.data(), text.data() + end, fraction);
  if (end < 2 || error != std::errc() || last != text.data() + end) return std::nullopt;
  text.remove_prefix(end);
  return fraction;
}

// Takes "12:00", "04:05:06.7".
std::optional<double> TakeClock(std::string_view& text) {
  const auto hours = TakeDigits(text);
  if (!hours || !Skip(text, ":")) return std::nullopt;
  const auto minutes = TakeSixtieth(text);
  if (!minutes) return std::nullopt;
  const double clock = static_cast<double>(*hours) * kHour + *minutes * kMinute;
  if (!Skip(text, ":")) return clock;
  const auto seconds = TakeSixtieth(text);
  const auto fraction = seconds ? TakeFraction(text) : std::nullopt;
  return fraction ? std::optional(clock + *seconds + *fraction) : std::nullopt;
}

// Removes a sign at the front of the text and returns -1 or 1.
double TakeSign(std::string_view& text) {
  if (Skip(text, "-")) return -1;
  Skip(text, "+");
  return 1;
}

// Returns the days from the epoch until a day of the Gregorian calendar, of any year
// (howardhinnant.github.io/date_algorithms.html, days_from_civil).
std::int64_t DaysUntil(std::int64_t year, std::int64_t month, std::int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
         719468;
}

struct Date {
  std::int64_t year;
  std::int64_t month;
  std::int64_t day;
};

// MySQL also writes dates that do not exist, such as 0000-00-00 and 2026-02-31.
bool IsDay(const Date& date) {
  constexpr std::int64_t kMostYears = 1'000'000;
  if (date.year < 1 || date.year > kMostYears || date.month < 1 || date.month > 12) return false;
  const std::int64_t next_month =
      date.month == 12 ? DaysUntil(date.year + 1, 1, 1) : DaysUntil(date.year, date.month + 1, 1);
  return date.day >= 1 && DaysUntil(date.year, date.month, date.day) < next_month;
}

std::optional<Date> TakeDate(std::string_view& text) {
  const auto year = TakeDigits(text);
  if (!year || !Skip(text, "-")) return std::nullopt;
  const auto month = TakeDigits(text);
  if (!month || !Skip(text, "-")) return std::nullopt;
  const auto day = TakeDigits(text);
  const Date date{*year, *month, day.value_or(0)};
  return IsDay(date) ? std::optional(date) : std::nullopt;
}

// Takes "+02", "-03:30", "+00:53:28".
std::optional<double> TakeOffset(std::string_view& text) {
  const double sign = TakeSign(text);
  if (text.find(':') != std::string_view::npos) {
    const auto clock = TakeClock(text);
    return clock ? std::optional(sign * *clock) : std::nullopt;
  }
  const auto hours = TakeDigits(text);
  return hours ? std::optional(sign * static_cast<double>(*hours) * kHour) : std::nullopt;
}

struct Unit {
  std::string_view name;
  double seconds;
};

constexpr Unit kUnits[] = {
    {"years", 365.25 * kDay}, {"year", 365.25 * kDay}, {"mons", 30 * kDay},
    {"mon", 30 * kDay},       {"days", kDay},          {"day", kDay},
};

// Takes "-3 days" or "-04:05:06.7".
std::optional<double> TakeSpan(std::string_view& text) {
  const double sign = TakeSign(text);
  std::string_view rest = text;
  const auto number = TakeDigits(rest);
  if (!number || !Skip(rest, " ")) {
    const auto clock = TakeClock(text);
    return clock ? std::optional(sign * *clock) : std::nullopt;
  }
  const auto* const unit =
      std::ranges::find_if(kUnits, [&rest](const Unit& one) { return Skip(rest, one.name); });
  if (unit == std::end(kUnits)) return std::nullopt;
  text = rest;
  return sign * static_cast<double>(*number) * unit->seconds;
}

std::optional<double> Infinite(std::string_view text) {
  if (text == "infinity") return kInfinity;
  if (text == "-infinity") return -kInfinity;
  return std::nullopt;
}

}  // namespace

std::optional<double> ParseSqlTimestamp(std::string_view text, bool& has_offset) {
  has_offset = false;
  if (const auto infinite = Infinite(text)) return infinite;
  const bool before_christ = text.ends_with(" BC");
  if (before_christ) text.remove_suffix(3);
  auto date = TakeDate(text);
  if (!date) return std::nullopt;
  if (before_christ) date->year = 1 - date->year;
  double seconds = static_cast<double>(DaysUntil(date->year, date->month, date->day)) * kDay;
  if (Skip(text, " ")) {
    const auto clock = TakeClock(text);
    if (!clock) return std::nullopt;
    seconds += *clock;
  }
  if (text.empty()) return seconds;
  has_offset = text.front() == '+' || text.front() == '-';
  const auto offset = has_offset ? TakeOffset(text) : std::nullopt;
  return offset && text.empty() ? std::optional(seconds - *offset) : std::nullopt;
}

std::optional<double> ParseSqlInterval(std::string_view text) {
  if (const auto infinite = Infinite(text)) return infinite;
  double seconds = 0;
  do {
    const auto span = TakeSpan(text);
    if (!span) return std::nullopt;
    seconds += *span;
  } while (Skip(text, " "));
  return text.empty() ? std::optional(seconds) : std::nullopt;
}

std::optional<double> ParseSqlClock(std::string_view text) {
  const double sign = TakeSign(text);
  const auto clock = TakeClock(text);
  return clock && text.empty() ? std::optional(sign * *clock) : std::nullopt;
}

}  // namespace collectors
