#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace collectors {

// Base64 with padding and without line breaks (RFC 4648, section 4), by OpenSSL.
std::string EncodedBase64(std::string_view bytes);

// Returns nothing for invalid Base64, for an empty text, and for a text above 64 MiB.
std::optional<std::string> DecodedBase64(std::string_view text);

// As DecodedBase64, but writes to `bytes`, which must have room for text.size() bytes. Returns the
// number of bytes decoded.
std::optional<std::size_t> DecodeBase64(std::string_view text, char* bytes);

}  // namespace collectors
