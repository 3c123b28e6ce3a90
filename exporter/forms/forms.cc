#include "exporter/forms/forms.h"

#include <zstd.h>

#include <stdexcept>
#include <utility>

#include "exporter/forms/deflate.h"

namespace exporter {
namespace {

// One frame; a sequence of frames is one zstd stream (RFC 8878, 3.1).
std::string ZstdFrame(std::string_view text) {
  // Pages are so repetitive that the fastest level compresses nearly as well.
  constexpr int kLevel = 1;
  std::string frame(::ZSTD_compressBound(text.size()), '\0');
  const std::size_t size =
      ::ZSTD_compress(frame.data(), frame.size(), text.data(), text.size(), kLevel);
  if (::ZSTD_isError(size) != 0) throw std::runtime_error("zstd failed");
  frame.resize(size);
  frame.shrink_to_fit();
  return frame;
}

}  // namespace

std::string_view ContentType(Format format) {
  switch (format) {
    case Format::kOpenMetrics:
      return "application/openmetrics-text; version=1.0.0; charset=utf-8";
    case Format::kProtobuf:
      return "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
             "encoding=delimited";
    default:
      return "text/plain; version=0.0.4; charset=utf-8";
  }
}

std::string_view ContentEncoding(Coding coding) {
  if (coding == Coding::kGzip) return "gzip";
  return coding == Coding::kZstd ? "zstd" : "";
}

Packed Pack(Coding coding, std::string text) {
  const std::size_t size = text.size();
  switch (coding) {
    case Coding::kGzip: {
      DeflatedBlock block = Deflate(text);
      return {std::move(block.bytes), block.crc, block.size};
    }
    case Coding::kZstd:
      return {ZstdFrame(text), 0, size};
    default:
      text.shrink_to_fit();
      return {std::move(text), 0, size};
  }
}

}  // namespace exporter
