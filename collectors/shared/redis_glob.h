#pragma once

#include <string>
#include <string_view>

namespace collectors {

// Returns `text` as a Redis glob (KEYS, SCAN MATCH, PSUBSCRIBE) that matches only `text` itself.
std::string EscapedGlob(std::string_view text);

}  // namespace collectors
