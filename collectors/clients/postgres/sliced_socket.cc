#include "collectors/clients/postgres/sliced_socket.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "exporter/seam/collector.h"

namespace collectors {
namespace {

// Returns the next bytes of a socket, at most a slice. Sets `over` at the end of the stream.
std::string Take(int fd, bool& over) {
  std::array<char, SlicedSocket::kSliceBytes> buffer;
  const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
  over = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
  return {buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

// Sends as much as there is room for and removes it from `bytes`. Returns false if the other side
// is gone.
bool Give(int fd, std::string& bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    bytes.erase(0, static_cast<std::size_t>(sent));
  }
  return true;
}

// Returns 0 if `fd` is not open; no socket has inode 0.
ino_t InodeOf(int fd) {
  struct stat status = {};
  return ::fstat(fd, &status) == 0 ? status.st_ino : 0;
}

}  // namespace

SlicedSocket::SlicedSocket(int library_fd) : library_(library_fd) {
  std::array<int, 2> pair = {-1, -1};
  peer_ = ::fcntl(library_fd, F_DUPFD_CLOEXEC, 0);
  const bool is_open =
      peer_ >= 0 &&
      ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()) == 0;
  const bool is_placed = is_open && ::dup3(pair[0], library_fd, O_CLOEXEC) == library_fd;
  if (is_open) ::close(pair[0]);
  ours_ = pair[1];
  library_inode_ = is_placed ? InodeOf(library_) : 0;
  if (is_placed) return;
  if (peer_ >= 0) ::close(peer_);
  if (ours_ >= 0) ::close(ours_);
  throw exporter::CollectError(exporter::ErrorKind::kConnect,
                               "no descriptor is left for the socket");
}

SlicedSocket::~SlicedSocket() {
  ::shutdown(peer_, SHUT_RDWR);
  ::close(peer_);
  ::close(ours_);
}

bool SlicedSocket::IsAt(int fd) const { return fd == library_ && InodeOf(fd) == library_inode_; }

bool SlicedSocket::HasUnread() const {
  int bytes = 0;
  return !in_.empty() || (::ioctl(library_, FIONREAD, &bytes) == 0 && bytes > 0);
}

std::size_t SlicedSocket::PassIn() {
  bool is_over = false;
  std::size_t size = 0;
  if (!HasUnread()) {
    in_ = Take(peer_, is_over);
    size = in_.size();
  }
  Give(ours_, in_);
  if (is_over) ::shutdown(ours_, SHUT_WR);
  return size;
}

bool SlicedSocket::PassOut() {
  bool is_over = false;
  while (Give(peer_, out_)) {
    if (!out_.empty()) return false;
    out_ = Take(ours_, is_over);
    if (out_.empty()) return true;
  }
  // The library notices at its next read that the peer is gone.
  out_.clear();
  ::shutdown(ours_, SHUT_RDWR);
  return true;
}

}  // namespace collectors
