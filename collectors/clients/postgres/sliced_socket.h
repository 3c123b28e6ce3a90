#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>

namespace collectors {

// Hands a library the input of its socket one slice (64 KiB) at a time. For a library that reads
// everything the peer sends in one call (libpq: a row of any size): nothing outside that call can
// bound it, because the peer keeps sending meanwhile. The library keeps its descriptor, which
// becomes one end of a socket pair. The other end and the peer's socket belong to this class.
// Nothing here waits. One thread at a time.
class SlicedSocket {
 public:
  static constexpr std::size_t kSliceBytes = std::size_t{64} << 10;

  // Replaces the socket behind `library_fd`, which is connected and has no unsent data. Throws
  // CollectError kConnect if no descriptor is left.
  explicit SlicedSocket(int library_fd);
  // Shuts the peer's socket down and closes it. The library closes its own end.
  ~SlicedSocket();
  SlicedSocket(const SlicedSocket&) = delete;
  SlicedSocket& operator=(const SlicedSocket&) = delete;

  // The peer's socket, for waiting and for the watchdog.
  int peer() const { return peer_; }
  // Returns true if `fd` is the library's end. A library that switched to another server may have a
  // new socket under the old number.
  bool IsAt(int fd) const;
  // Returns true if the library has not yet read everything that it was handed.
  bool HasUnread() const;
  // Once the library has read the last slice, hands it the next one, or the end of the stream.
  // Returns the slice's size in bytes.
  std::size_t PassIn();
  // Sends what the library wrote. Returns true if all of it is sent.
  bool PassOut();

 private:
  int peer_ = -1;
  int ours_ = -1;     // Our end of the pair.
  int library_ = -1;  // The library's end; the library closes it.
  ino_t library_inode_ = 0;
  std::string in_;   // Received, but the pair has no room yet.
  std::string out_;  // Written, but the peer's socket has no room yet.
};

}  // namespace collectors
