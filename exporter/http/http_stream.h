#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <utility>

namespace exporter {

// The connection as the HTTP library sees it during one request. Reads what the lobby received.
// Keeps what the library writes, the head, so that it is sent together with the body.
class HttpStream {
 public:
  explicit HttpStream(std::string_view received) : received_(received) {}

  // As read(2): the number of bytes, 0 at the end of the received ones.
  ssize_t Read(char* out, std::size_t size);
  ssize_t Write(const char* bytes, std::size_t size);  // Takes all bytes.

  // Received but not read: the beginning of the next request.
  std::string_view rest() const { return received_; }
  std::string TakeWritten() { return std::exchange(written_, {}); }

 private:
  std::string_view received_;
  std::string written_;
};

}  // namespace exporter
