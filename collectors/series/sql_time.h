#pragma once

#include <optional>
#include <string_view>

namespace collectors {

// The texts of times, as PostgreSQL (DateStyle ISO, IntervalStyle postgres), MySQL and MariaDB
// write them. Absent if a text is none.

// "2026-11-30 12:00:00.25+05:30", "0044-03-15 BC", "infinity": epoch seconds, without an offset
// those of UTC. `has_offset` says whether there was one.
std::optional<double> ParseSqlTimestamp(std::string_view text, bool& has_offset);

// "1 year 2 mons -3 days -04:05:06.7": seconds, as extract(epoch FROM ...) has it: a year is
// 365.25 days and a month 30.
std::optional<double> ParseSqlInterval(std::string_view text);

// "-838:59:59.5", "24:00:00": seconds.
std::optional<double> ParseSqlClock(std::string_view text);

}  // namespace collectors
