#pragma once

#include <optional>
#include <string_view>

namespace collectors {

// Parse times as PostgreSQL (DateStyle ISO, IntervalStyle postgres), MySQL and MariaDB write them.
// Return nothing for any other text.

// "2026-11-30 12:00:00.25+05:30", "0044-03-15 BC", "infinity": epoch seconds, as UTC without an
// offset. Sets `has_offset` to whether there was one.
std::optional<double> ParseSqlTimestamp(std::string_view text, bool& has_offset);

// "1 year 2 mons -3 days -04:05:06.7": seconds, as by extract(epoch FROM ...): a year is 365.25
// days and a month 30.
std::optional<double> ParseSqlInterval(std::string_view text);

// "-838:59:59.5", "24:00:00": seconds.
std::optional<double> ParseSqlClock(std::string_view text);

}  // namespace collectors
