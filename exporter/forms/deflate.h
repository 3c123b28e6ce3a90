#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace exporter {

// A text as a raw deflate block that ends on a byte boundary and refers to
// nothing before it (Z_FULL_FLUSH), so that blocks can be joined in any order.
struct DeflatedBlock {
  std::string bytes;
  std::uint32_t crc = 0;  // CRC-32 of the text.
  std::size_t size = 0;   // Of the text, in bytes.
};

DeflatedBlock Deflate(std::string_view text);

// The frame of a gzip member (RFC 1952) around blocks joined one after another.
inline constexpr std::string_view kGzipHeader{"\x1f\x8b\x08\0\0\0\0\0\0\xff", 10};

// Gathers the checksum of blocks in their order, and ends the member.
class GzipTrailer {
 public:
  // A block's checksum, and its size before it was packed.
  void Add(std::uint32_t crc, std::size_t size);
  // The last, empty block and the trailer.
  std::string Finish() const;

 private:
  std::uint32_t crc_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace exporter
