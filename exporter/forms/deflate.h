#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace exporter {

// A text as a raw deflate block. It ends on a byte boundary and refers to nothing before it
// (Z_FULL_FLUSH), so blocks can be joined in any order.
struct DeflatedBlock {
  std::string bytes;
  std::uint32_t crc = 0;  // CRC-32 of the text.
  std::size_t size = 0;   // Size of the text in bytes.
};

DeflatedBlock Deflate(std::string_view text);

// The header of a gzip member (RFC 1952). Blocks follow it, then the trailer.
inline constexpr std::string_view kGzipHeader{"\x1f\x8b\x08\0\0\0\0\0\0\xff", 10};

// Adds up the checksums of blocks in their order, and ends the member.
class GzipTrailer {
 public:
  // `crc` and `size` are those of the uncompressed block.
  void Add(std::uint32_t crc, std::size_t size);
  // Returns the last, empty block and the trailer.
  std::string Finish() const;

 private:
  std::uint32_t crc_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace exporter
