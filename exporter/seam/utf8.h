#pragma once

#include <string_view>

namespace exporter {

// How many leading bytes of `text` are valid UTF-8, all of them when it is
// valid: no overlong forms, no surrogates, nothing above U+10FFFF (RFC 3629).
std::size_t ValidUtf8Prefix(std::string_view text);

inline bool IsUtf8(std::string_view text) { return ValidUtf8Prefix(text) == text.size(); }

}  // namespace exporter
