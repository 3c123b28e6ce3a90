#include "collectors/redis/cluster/key_slot.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace collectors {
namespace {

constexpr unsigned kPolynomial = 0x1021;

constexpr std::array<std::uint16_t, 256> MakeTable() {
  std::array<std::uint16_t, 256> table = {};
  for (unsigned byte = 0; byte < table.size(); ++byte) {
    unsigned crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000) != 0 ? crc << 1 ^ kPolynomial : crc << 1;
    table[byte] = static_cast<std::uint16_t>(crc);
  }
  return table;
}

unsigned Crc16(std::string_view bytes) {
  static constexpr std::array<std::uint16_t, 256> kTable = MakeTable();
  unsigned crc = 0;
  for (const char byte : bytes) {
    crc = (crc << 8 & 0xFFFF) ^ kTable[(crc >> 8 ^ static_cast<unsigned char>(byte)) & 0xFF];
  }
  return crc;
}

// Returns the part of the key that is hashed.
std::string_view Hashed(std::string_view key) {
  const std::size_t open = key.find('{');
  if (open == std::string_view::npos) return key;
  const std::size_t close = key.find('}', open + 1);
  if (close == std::string_view::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

}  // namespace

int KeySlot(std::string_view key) { return static_cast<int>(Crc16(Hashed(key)) % kKeySlots); }

}  // namespace collectors
