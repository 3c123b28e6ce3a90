#include "exporter/http_stream.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace exporter {
namespace {

// Small writes are gathered up to here, for few packets.
constexpr std::size_t kGathered = 16384;

}  // namespace

HttpStream::HttpStream(int fd, std::string_view received, std::size_t most_unsent)
    : fd_(fd), received_(received), most_unsent_(most_unsent) {}

ssize_t HttpStream::Read(char* out, std::size_t size) {
  const std::size_t taken = std::min(size, received_.size());
  std::memcpy(out, received_.data(), taken);
  received_.remove_prefix(taken);
  return static_cast<ssize_t>(taken);
}

ssize_t HttpStream::Write(const char* bytes, std::size_t size) {
  const std::size_t whole = size;
  if (unsent_.size() + size > kGathered && !Flush()) return -1;
  while (size > kGathered && !full_) {
    const ssize_t sent = ::send(fd_, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return -1;
    full_ = sent < 0 && errno == EAGAIN;
    bytes += std::max<ssize_t>(sent, 0);
    size -= static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
  }
  if (unsent_.size() + size > most_unsent_) return -1;
  unsent_.append(bytes, size);
  return static_cast<ssize_t>(whole);
}

bool HttpStream::Flush() {
  while (!full_ && !unsent_.empty()) {
    const ssize_t sent = ::send(fd_, unsent_.data(), unsent_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
    full_ = sent < 0 && errno == EAGAIN;
    if (sent > 0) unsent_.erase(0, static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace exporter
