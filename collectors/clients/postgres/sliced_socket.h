#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>

namespace collectors {

// A socket of which a library is handed what came a slice at a time. For a library
// that reads in one call as much as the peer sends (libpq: a row of any size):
// nothing outside that call can bound it, as the peer sends on meanwhile. The
// library keeps its descriptor, which is one end of a pair from then on; the other
// end is ours, and the peer's socket too. Nothing here waits. One thread at a time.
class SlicedSocket {
 public:
  static constexpr std::size_t kSliceBytes = std::size_t{64} << 10;

  // Takes the place of `library_fd`, a connected socket without anything unsent.
  // Throws CollectError kConnect where no descriptor is left.
  explicit SlicedSocket(int library_fd);
  // Shuts the peer's socket down and closes it; the library closes its own.
  ~SlicedSocket();
  SlicedSocket(const SlicedSocket&) = delete;
  SlicedSocket& operator=(const SlicedSocket&) = delete;

  // The peer's socket: to wait for, and to be watched over.
  int peer() const { return peer_; }
  // Whether `fd` is the library's end. A library that has turned to another server may have its
  // socket under the old number.
  bool IsAt(int fd) const;
  // Whether the library has not read all that it was handed.
  bool HasUnread() const;
  // Hands the library the next slice, or the end, once it has read the last one.
  // Returns the slice's bytes.
  std::size_t PassIn();
  // Sends what the library wrote. Returns whether all of it is sent.
  bool PassOut();

 private:
  int peer_ = -1;
  int ours_ = -1;     // Our end of the pair.
  int library_ = -1;  // The library's end, and its own to close.
  ino_t library_inode_ = 0;
  std::string in_;   // Came, and had no room in the pair.
  std::string out_;  // Was written, and had no room in the peer's socket.
};

}  // namespace collectors
