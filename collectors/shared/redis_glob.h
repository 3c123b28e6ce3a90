#pragma once

#include <string>
#include <string_view>

namespace collectors {

// The text as a glob of Redis (KEYS, SCAN MATCH, PSUBSCRIBE) that matches it alone.
std::string EscapedGlob(std::string_view text);

}  // namespace collectors
