#include "exporter/http/http_stream.h"

#include <algorithm>
#include <cstring>

namespace exporter {

ssize_t HttpStream::Read(char* out, std::size_t size) {
  const std::size_t taken = std::min(size, received_.size());
  std::memcpy(out, received_.data(), taken);
  received_.remove_prefix(taken);
  return static_cast<ssize_t>(taken);
}

ssize_t HttpStream::Write(const char* bytes, std::size_t size) {
  written_.append(bytes, size);
  return static_cast<ssize_t>(size);
}

}  // namespace exporter
