#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "exporter/http/listening_socket.h"
#include "exporter/seam/deadline.h"

namespace exporter {

// A seam: accept4(2), or what stands for it in a test. A connection that does
// not block, or -1 with the reason in errno.
using AcceptCall = std::function<int(int listening_fd)>;
int AcceptConnection(int listening_fd);

// Where connections come in: one listening socket. A connection that cannot be
// accepted costs a pause and never the door, however often it happens. Used by
// one thread.
class HttpDoor {
 public:
  // `failed` is told each failure by its reason: one of kReasons.
  HttpDoor(ListeningSocket socket, AcceptCall accept,
           std::function<void(std::string_view reason)> failed);

  static constexpr std::string_view kReasons[] = {"descriptors", "memory", "network"};

  // The connection that waits at the door; nothing if it is gone or could not be
  // accepted. Throws std::runtime_error if none can ever be accepted here.
  std::optional<int> Admit(SteadyTime now);
  // When to look for a connection again: the time of a pause's end, or the past.
  SteadyTime opens_at() const { return opens_at_; }
  // Whether the last attempt failed since this process has no descriptor left.
  bool lacks_descriptor() const { return lacks_descriptor_; }
  int fd() const { return socket_.fd(); }
  int port() const { return port_; }

 private:
  void Fail(int error, SteadyTime now);
  void Recover();

  ListeningSocket socket_;
  int port_;
  AcceptCall accept_;
  std::function<void(std::string_view reason)> failed_;
  SteadyTime opens_at_;
  bool lacks_descriptor_ = false;
  int failures_in_a_row_ = 0;  // Counted as far as it matters.
  // Since it was logged that connections cannot be accepted; 0: all is well.
  std::size_t failures_ = 0;
  SteadyTime last_failure_;
};

}  // namespace exporter
