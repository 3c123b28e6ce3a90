#pragma once

#include <string_view>

namespace exporter {

// The number of leading bytes of `text` that are valid UTF-8: without overlong forms, surrogates or
// anything above U+10FFFF (RFC 3629).
std::size_t ValidUtf8Prefix(std::string_view text);

inline bool IsUtf8(std::string_view text) { return ValidUtf8Prefix(text) == text.size(); }

}  // namespace exporter
