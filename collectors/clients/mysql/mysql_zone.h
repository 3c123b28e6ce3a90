#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace collectors {

// How far east of UTC a time zone is, as MySQL names it: "+02:00", "UTC". Absent if that changes
// with the seasons, or nobody knows.
std::optional<std::chrono::seconds> MysqlZoneOffset(std::string_view zone);

}  // namespace collectors
