#pragma once

#include <optional>
#include <string_view>

namespace collectors {

// Returns epoch seconds of a time in the form of Python's datetime.isoformat(),
// "2026-11-21T03:37:46.742580+00:00". Without an offset, or with "Z", it is UTC. Absent if the text
// is not such a time.
std::optional<double> ParseIsoTime(std::string_view text);

}  // namespace collectors
