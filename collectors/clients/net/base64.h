#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace collectors {

// Base64 with padding and without line breaks (RFC 4648, section 4), by OpenSSL.
std::string EncodedBase64(std::string_view bytes);

// Absent for what is none, for an empty text, and for one above 64 MiB.
std::optional<std::string> DecodedBase64(std::string_view text);

// The same into `bytes`, which has room for as many as the text has; how many it says.
std::optional<std::size_t> DecodeBase64(std::string_view text, char* bytes);

}  // namespace collectors
