#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace exporter {

// What every collector has, whatever its type. Durations are in milliseconds,
// checked: timeout <= interval <= stale_after.
struct JobSettings {
  std::string name;
  std::chrono::milliseconds interval{15000};
  std::chrono::milliseconds timeout{5000};
  std::chrono::milliseconds stale_after{45000};
  bool own_stale_after = false;    // Somebody chose it: it is not three intervals.
  std::size_t max_series = 10000;  // What the label policy will let through.
};

}  // namespace exporter
