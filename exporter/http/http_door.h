#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "exporter/http/listening_socket.h"
#include "exporter/seam/deadline.h"

namespace exporter {

// A seam: accept4(2), or a test's substitute. Returns a non-blocking connection, or -1 with the
// reason in errno.
using AcceptCall = std::function<int(int listening_fd)>;
int AcceptConnection(int listening_fd);

// Accepts connections of one listening socket. A connection that cannot be accepted costs a pause
// and never the socket, however often it happens. One thread uses it.
class HttpDoor {
 public:
  // `failed` gets the reason of each failure: one of kReasons.
  HttpDoor(ListeningSocket socket, AcceptCall accept,
           std::function<void(std::string_view reason)> failed);

  static constexpr std::string_view kReasons[] = {"descriptors", "memory", "network"};

  // The next connection; absent if it is gone or could not be accepted. Throws std::runtime_error
  // if this socket can never accept one.
  std::optional<int> Admit(SteadyTime now);
  // When to accept again: the end of the pause, or a time in the past.
  SteadyTime opens_at() const { return opens_at_; }
  // Whether the last attempt failed because this process has no descriptor left.
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
  int failures_in_a_row_ = 0;  // Counted up to the longest pause.
  // When the log last said that connections cannot be accepted; 0 if all is well.
  std::size_t failures_ = 0;
  SteadyTime last_failure_;
};

}  // namespace exporter
