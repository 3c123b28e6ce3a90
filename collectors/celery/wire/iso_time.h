#pragma once

#include <optional>
#include <string_view>

namespace collectors {

// A time as Python's datetime.isoformat() writes it, "2026-11-21T03:37:46.742580+00:00",
// as epoch seconds. The offset may be missing or "Z": then it is UTC. Absent for
// what is no such time.
std::optional<double> ParseIsoTime(std::string_view text);

}  // namespace collectors
