#pragma once

#include <string>
#include <string_view>

namespace collectors {

// A text of a server as it may stand in a log: one line of valid UTF-8, 200
// bytes at most.
std::string ShownText(std::string_view text);

}  // namespace collectors
