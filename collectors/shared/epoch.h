#pragma once

#include <chrono>

namespace collectors {

// Seconds since the epoch, by the wall's clock: what other programs write down.
inline double EpochNow() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

}  // namespace collectors
