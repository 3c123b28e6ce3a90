#pragma once

#include <cstddef>

#include "exporter/http/listen_address.h"

namespace exporter {

// A listening TCP socket. Owns its descriptor.
class ListeningSocket {
 public:
  // The unsent bytes that the system holds for each connection, unless LimitHeld sets another
  // bound.
  static constexpr std::size_t kHeld = 128 << 10;

  // Binds the first of the host's addresses that can be bound. Throws std::runtime_error, with the
  // address and the reason, if none can.
  explicit ListeningSocket(const ListenAddress& address);
  ~ListeningSocket();
  ListeningSocket(const ListeningSocket&) = delete;
  ListeningSocket& operator=(const ListeningSocket&) = delete;
  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&& other) noexcept;

  int fd() const { return fd_; }
  // The bound port; the system's choice if the address has port 0.
  int Port() const;

 private:
  int fd_ = -1;
};

}  // namespace exporter
