#include "exporter/seam/utf8.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace exporter {
namespace {

// The well-formed sequences of two or more bytes (Unicode, table 3-7), by first byte and the range
// of the second byte; later bytes are 80..BF.
struct Form {
  unsigned char first_low, first_high;
  unsigned char second_low, second_high;
  std::size_t length;
};
constexpr std::array<Form, 8> kForms = {{{0xc2, 0xdf, 0x80, 0xbf, 2},
                                         {0xe0, 0xe0, 0xa0, 0xbf, 3},
                                         {0xe1, 0xec, 0x80, 0xbf, 3},
                                         {0xed, 0xed, 0x80, 0x9f, 3},
                                         {0xee, 0xef, 0x80, 0xbf, 3},
                                         {0xf0, 0xf0, 0x90, 0xbf, 4},
                                         {0xf1, 0xf3, 0x80, 0xbf, 4},
                                         {0xf4, 0xf4, 0x80, 0x8f, 4}}};

bool IsWithin(char c, unsigned char low, unsigned char high) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= low && byte <= high;
}

bool Fits(const Form& form, std::string_view text) {
  if (!IsWithin(text[0], form.first_low, form.first_high) || text.size() < form.length) {
    return false;
  }
  if (!IsWithin(text[1], form.second_low, form.second_high)) return false;
  for (std::size_t i = 2; i < form.length; ++i) {
    if (!IsWithin(text[i], 0x80, 0xbf)) return false;
  }
  return true;
}

// The length of the character at the beginning of `text`; 0 if it is not valid.
std::size_t CharacterLength(std::string_view text) {
  if (IsWithin(text[0], 0, 0x7f)) return 1;
  for (const Form& form : kForms) {
    if (Fits(form, text)) return form.length;
  }
  return 0;
}

// A lower bound for the number of leading ASCII bytes. Most texts are all ASCII, so eight bytes are
// tested at once.
std::size_t AsciiPrefix(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::size_t at = 0;
  for (std::uint64_t eight = 0; at + sizeof(eight) <= text.size(); at += sizeof(eight)) {
    std::memcpy(&eight, text.data() + at, sizeof(eight));
    if ((eight & kHighBits) != 0) break;
  }
  return at;
}

}  // namespace

std::size_t ValidUtf8Prefix(std::string_view text) {
  std::size_t at = AsciiPrefix(text);
  while (at < text.size()) {
    const std::size_t length = CharacterLength(text.substr(at));
    if (length == 0) break;
    at += length;
  }
  return at;
}

}  // namespace exporter
