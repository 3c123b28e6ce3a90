#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace exporter {

// The settings that every collector has. timeout <= interval <= stale_after holds.
struct JobSettings {
  std::string name;
  std::chrono::milliseconds interval{15000};
  std::chrono::milliseconds timeout{5000};
  std::chrono::milliseconds stale_after{45000};
  bool own_stale_after = false;  // The configuration sets stale_after; else it is three intervals.
  std::size_t max_series = 10000;  // The most that the label policy lets through.
};

}  // namespace exporter
