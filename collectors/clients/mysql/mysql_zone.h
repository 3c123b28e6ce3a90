#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace collectors {

// Returns how far east of UTC a time zone is. `zone` is MySQL's name: "+02:00", "UTC". Returns
// nothing if the offset changes with the seasons or is unknown.
std::optional<std::chrono::seconds> MysqlZoneOffset(std::string_view zone);

}  // namespace collectors
