#pragma once

#include <string>
#include <string_view>

namespace collectors {

// Returns a server's text for a log: one line of valid UTF-8, at most 200 bytes.
std::string ShownText(std::string_view text);

}  // namespace collectors
