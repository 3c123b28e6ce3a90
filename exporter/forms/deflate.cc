#include "exporter/forms/deflate.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <stdexcept>

namespace exporter {
namespace {

constexpr int kMemoryLevel = 8;

// zlib's windowBits for a text: negative for raw deflate without a frame, and no larger than the
// text, because the window is cleared for each.
int RawWindowFor(std::size_t size) {
  constexpr int kLeast = 9;
  constexpr int kMost = 15;
  return -std::clamp(static_cast<int>(std::bit_width(size)), kLeast, kMost);
}

void AppendLittleEndian(std::string& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8)
    out += static_cast<char>(static_cast<unsigned char>(value >> shift));
}

}  // namespace

DeflatedBlock Deflate(std::string_view text) {
  z_stream stream{};
  // Pages are so repetitive that the fastest level compresses nearly as well.
  if (::deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, RawWindowFor(text.size()), kMemoryLevel,
                     Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("deflateInit2 failed");
  DeflatedBlock block;
  block.size = text.size();
  block.crc = static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size()));
  // deflateBound is for a finished stream; a full flush adds an empty block.
  block.bytes.resize(::deflateBound(&stream, text.size()) + 16);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(block.bytes.data());
  stream.avail_out = static_cast<uInt>(block.bytes.size());
  const int result = ::deflate(&stream, Z_FULL_FLUSH);
  const bool whole = result == Z_OK && stream.avail_in == 0 && stream.avail_out > 0;
  block.bytes.resize(stream.total_out);
  block.bytes.shrink_to_fit();
  ::deflateEnd(&stream);
  if (!whole) throw std::runtime_error("deflate failed");
  return block;
}

void GzipTrailer::Add(std::uint32_t crc, std::size_t size) {
  crc_ = static_cast<std::uint32_t>(::crc32_combine(crc_, crc, static_cast<z_off_t>(size)));
  size_ += size;
}

std::string GzipTrailer::Finish() const {
  std::string end("\x03\0", 2);  // The last block: empty, with fixed codes.
  AppendLittleEndian(end, crc_);
  AppendLittleEndian(end, static_cast<std::uint32_t>(size_));
  return end;
}

}  // namespace exporter
