#pragma once

#include <chrono>

namespace collectors {

// Seconds since the epoch by the wall clock, to compare with timestamps that other programs write.
inline double EpochNow() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

}  // namespace collectors
