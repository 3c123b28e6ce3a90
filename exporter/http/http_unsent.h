#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace exporter {

// An answer that is being sent: its own head, and the pieces of a body, which are pointed to and
// never copied. One thread at a time.
class HttpUnsent {
 public:
  HttpUnsent() = default;  // Nothing to send.
  // `owner` keeps the pieces alive; it is released after the last byte.
  HttpUnsent(std::string head, std::vector<std::string_view> body,
             std::shared_ptr<const void> owner);

  // Sends what the socket takes at once, up to `most` bytes. Returns false, with the reason in
  // errno, if the connection is broken.
  bool SendTo(int fd, std::size_t most);

  bool all_sent() const { return sent_ == size_; }
  std::size_t size() const { return size_; }  // Of the whole answer, including its head.
  std::size_t sent() const { return sent_; }
  std::span<const std::string_view> body() const { return body_; }
  // The bytes that it holds itself, without the body.
  std::size_t OwnBytes() const;

 private:
  // Fills `batch` with the next parts, up to `most` bytes. Returns their number.
  std::size_t Gather(std::span<iovec> batch, std::size_t most) const;
  void Advance(std::size_t bytes);

  std::string head_;
  std::vector<std::string_view> body_;
  std::shared_ptr<const void> owner_;
  std::size_t size_ = 0;
  std::size_t sent_ = 0;
  // Position in the body.
  std::size_t piece_ = 0;
  std::size_t offset_ = 0;
};

// Limits the unsent bytes of a TCP connection that the system holds. Has no effect on other
// connections.
void LimitHeld(int fd, std::size_t bytes);

}  // namespace exporter
