#pragma once

#include <string>

#include "exporter/http/listen_address.h"
#include "exporter/seam/deadline.h"

namespace exporter {

// Asks the exporter that listens on `address` for /-/healthy. Returns an empty string if it answers
// 200 before the deadline, else the reason. Port 0 is not allowed. An address of all interfaces is
// asked on loopback. Connecting, sending and receiving end by the deadline; the look-up of a host
// name does not.
std::string ProbeHealth(const ListenAddress& address, Deadline deadline);

}  // namespace exporter
