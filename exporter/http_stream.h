#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace exporter {

// A connection while a request of it is served: reads what the lobby received,
// writes what the socket takes at once and keeps the rest for the lobby, so
// that a worker never waits for a client. Owns nothing.
class HttpStream {
 public:
  // `most_unsent` bounds what is kept, in bytes.
  HttpStream(int fd, std::string_view received, std::size_t most_unsent);

  // As read(2): bytes read, 0 at the end of what was received.
  ssize_t Read(char* out, std::size_t size);
  // Takes all of it, or fails with -1.
  ssize_t Write(const char* bytes, std::size_t size);
  bool Flush();

  int fd() const { return fd_; }
  // What was received and not read: the next request's beginning.
  std::string_view rest() const { return received_; }
  std::string TakeUnsent() { return std::move(unsent_); }

 private:
  int fd_;
  std::string_view received_;
  std::size_t most_unsent_;
  std::string unsent_;
  bool full_ = false;  // The socket took less than it was given.
};

}  // namespace exporter
