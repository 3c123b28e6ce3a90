#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <utility>

namespace exporter {

// What the HTTP library takes for a connection, while it serves one request:
// reads what the lobby received, and keeps what is written, which is a head, so
// that it is sent together with the body.
class HttpStream {
 public:
  explicit HttpStream(std::string_view received) : received_(received) {}

  // As read(2): bytes read, 0 at the end of what was received.
  ssize_t Read(char* out, std::size_t size);
  ssize_t Write(const char* bytes, std::size_t size);  // Takes all of it.

  // What was received and not read: the next request's beginning.
  std::string_view rest() const { return received_; }
  std::string TakeWritten() { return std::exchange(written_, {}); }

 private:
  std::string_view received_;
  std::string written_;
};

}  // namespace exporter
