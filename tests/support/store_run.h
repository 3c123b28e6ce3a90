// Readings for a store, and what it says of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "exporter/page/page.h"
#include "exporter/page/snapshot_store.h"

namespace exporter::testing {

constexpr SteadyTime kStart{};

inline Moment At(std::chrono::milliseconds after, double unix_seconds = 0) {
  return {kStart + after, unix_seconds};
}

inline SlotSpec Spec(std::string name,
                     std::chrono::milliseconds stale_after = std::chrono::seconds(45)) {
  return {std::move(name), "fake", {}, {}, stale_after};
}

inline Reading Gauges(const std::vector<std::string>& names, double value = 1) {
  Reading reading;
  for (const std::string& name : names) reading.families.Gauge(name, "").Add(value);
  return reading;
}

inline Reading Skipped() {
  Reading reading;
  reading.skipped = true;
  return reading;
}

inline std::uint64_t Count(const CollectorHealth& health, RunResult result) {
  return health.collections[static_cast<std::size_t>(result)];
}

inline std::uint64_t Count(const CollectorHealth& health, ErrorKind kind) {
  return health.errors[static_cast<std::size_t>(kind)];
}

inline std::uint64_t AllRuns(const CollectorHealth& health) {
  std::uint64_t sum = 0;
  for (const std::uint64_t count : health.collections) sum += count;
  return sum;
}

inline std::string TextAt(SnapshotStore& store, std::chrono::milliseconds after) {
  return store.CurrentPage(kStart + after)->Text();
}

// A store of one slot, and a run of it that started at 0 with a second to go.
struct OneRun {
  OneRun() {
    store.AddSlot(Spec("only"));
    store.RunStarted(0, kStart, kStart + std::chrono::seconds(1));
  }
  CollectorHealth HealthAt(std::chrono::milliseconds after) {
    return store.Health(kStart + after).at(0);
  }
  SnapshotStore store;
};

}  // namespace exporter::testing
