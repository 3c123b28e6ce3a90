#include "exporter/http/http_unsent.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace exporter {
namespace {

// Pieces in one system call.
constexpr std::size_t kBatch = 256;

iovec VectorOf(std::string_view bytes) {
  // sendmsg(2) only reads them, but shares its type with recvmsg(2).
  return {const_cast<char*>(bytes.data()), bytes.size()};  // NOLINT
}

}  // namespace

HttpUnsent::HttpUnsent(std::string head, std::vector<std::string_view> body,
                       std::shared_ptr<const void> owner)
    : head_(std::move(head)),
      body_(std::move(body)),
      owner_(std::move(owner)),
      size_(head_.size()) {
  std::erase_if(body_, [](std::string_view piece) { return piece.empty(); });
  for (const std::string_view piece : body_) size_ += piece.size();
}

bool HttpUnsent::SendTo(int fd, std::size_t most) {
  std::array<iovec, kBatch> batch;
  while (most > 0 && !all_sent()) {
    msghdr message{};
    message.msg_iov = batch.data();
    message.msg_iovlen = Gather(batch, most);
    const ssize_t sent = ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN;
    Advance(static_cast<std::size_t>(sent));
    most -= static_cast<std::size_t>(sent);
  }
  return true;
}

std::size_t HttpUnsent::Gather(std::span<iovec> batch, std::size_t most) const {
  std::size_t count = 0;
  const auto add = [&](std::string_view bytes) {
    const std::string_view part = bytes.substr(0, most);
    batch[count++] = VectorOf(part);
    most -= part.size();
  };
  if (sent_ < head_.size()) add(std::string_view(head_).substr(sent_));
  std::size_t offset = offset_;
  for (std::size_t i = piece_; i < body_.size() && count < batch.size() && most > 0; ++i) {
    add(body_[i].substr(offset));
    offset = 0;
  }
  return count;
}

void HttpUnsent::Advance(std::size_t bytes) {
  const std::size_t of_head = std::min(bytes, head_.size() - std::min(sent_, head_.size()));
  sent_ += bytes;
  offset_ += bytes - of_head;
  while (piece_ < body_.size() && offset_ >= body_[piece_].size())
    offset_ -= body_[piece_++].size();
  if (all_sent()) owner_.reset();
}

std::size_t HttpUnsent::OwnBytes() const {
  return head_.capacity() + body_.capacity() * sizeof(std::string_view);
}

void LimitHeld(int fd, std::size_t bytes) {
  const int value = static_cast<int>(bytes);
  ::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &value, sizeof value);
}

}  // namespace exporter
