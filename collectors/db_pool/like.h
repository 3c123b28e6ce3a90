#pragma once

#include <string_view>

namespace collectors {

// Whether a text in UTF-8 is LIKE a pattern, as PostgreSQL means it: % is any
// text, _ any one character, a backslash takes the next byte as it is.
bool IsLike(std::string_view text, std::string_view pattern);

}  // namespace collectors
