#pragma once

#include <string_view>

namespace collectors {

// Returns true if a UTF-8 text is LIKE a pattern, by PostgreSQL's rules: % stands for any text, _
// for any one character, and a backslash makes the next byte literal.
bool IsLike(std::string_view text, std::string_view pattern);

}  // namespace collectors
