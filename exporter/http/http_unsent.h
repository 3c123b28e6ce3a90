#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace exporter {

// An answer on its way to its client: a head of its own, and the pieces of a
// body, which are pointed to and never copied. Used by one thread at a time.
class HttpUnsent {
 public:
  HttpUnsent() = default;  // Nothing to send.
  // `owner` keeps the pieces alive; it is let go with the last byte.
  HttpUnsent(std::string head, std::vector<std::string_view> body,
             std::shared_ptr<const void> owner);

  // Gives the socket what it takes at once, `most` bytes at most. False, with the
  // reason in errno, if the connection is broken.
  bool SendTo(int fd, std::size_t most);

  bool all_sent() const { return sent_ == size_; }
  std::size_t size() const { return size_; }  // Of the whole answer, its head included.
  std::size_t sent() const { return sent_; }
  std::span<const std::string_view> body() const { return body_; }
  // What it holds besides the body.
  std::size_t OwnBytes() const;

 private:
  // Fills `batch` with what is to be sent next, `most` bytes at most; how many it filled.
  std::size_t Gather(std::span<iovec> batch, std::size_t most) const;
  void Advance(std::size_t bytes);

  std::string head_;
  std::vector<std::string_view> body_;
  std::shared_ptr<const void> owner_;
  std::size_t size_ = 0;
  std::size_t sent_ = 0;
  // Where it goes on, once the head is sent.
  std::size_t piece_ = 0;
  std::size_t offset_ = 0;
};

// Has the system take no more of a TCP connection's bytes, once it holds so many that it has not
// sent. A connection that knows no such bound goes on without.
void LimitHeld(int fd, std::size_t bytes);

}  // namespace exporter
