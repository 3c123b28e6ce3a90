#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace exporter {

enum class Format : std::uint8_t { kText, kOpenMetrics, kProtobuf };
enum class Coding : std::uint8_t { kIdentity, kGzip, kZstd };

// The format and the compression of a page.
struct Form {
  Format format = Format::kText;
  Coding coding = Coding::kIdentity;

  // The index of this form, below kForms. Each form has its own.
  std::size_t index() const {
    return static_cast<std::size_t>(format) * 3 + static_cast<std::size_t>(coding);
  }
};
inline constexpr std::size_t kForms = 9;

inline constexpr std::array<Form, kForms> kAllForms = {{
    {Format::kText, Coding::kIdentity},
    {Format::kText, Coding::kGzip},
    {Format::kText, Coding::kZstd},
    {Format::kOpenMetrics, Coding::kIdentity},
    {Format::kOpenMetrics, Coding::kGzip},
    {Format::kOpenMetrics, Coding::kZstd},
    {Format::kProtobuf, Coding::kIdentity},
    {Format::kProtobuf, Coding::kGzip},
    {Format::kProtobuf, Coding::kZstd},
}};

// The headers Content-Type and Content-Encoding; the latter is empty for identity.
std::string_view ContentType(Format format);
std::string_view ContentEncoding(Coding coding);

// A part of a page, compressed so that parts can be joined in any order.
struct Packed {
  std::string bytes;
  // CRC-32 and size of the uncompressed text, for the end of a gzip member.
  std::uint32_t crc = 0;
  std::size_t size = 0;
};

Packed Pack(Coding coding, std::string text);

}  // namespace exporter
