#include "collectors/clients/net/base64.h"

#include <openssl/evp.h>

namespace collectors {
namespace {

// OpenSSL takes lengths as int.
constexpr std::size_t kMostText = std::size_t{64} << 20;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string EncodedBase64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL appends a zero byte.
  const int size = ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), Bytes(bytes),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::optional<std::size_t> DecodeBase64(std::string_view text, char* bytes) {
  if (text.empty() || text.size() > kMostText) return std::nullopt;
  // OpenSSL counts the padding as decoded bytes.
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const int size = ::EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes), Bytes(text),
                                     static_cast<int>(text.size()));
  if (size < static_cast<int>(padding)) return std::nullopt;
  return static_cast<std::size_t>(size) - padding;
}

std::optional<std::string> DecodedBase64(std::string_view text) {
  std::string bytes(text.size(), '\0');
  const auto size = DecodeBase64(text, bytes.data());
  if (!size) return std::nullopt;
  bytes.resize(*size);
  return bytes;
}

}  // namespace collectors
