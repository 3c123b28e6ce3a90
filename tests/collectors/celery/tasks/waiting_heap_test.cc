#include "collectors/celery/tasks/waiting_heap.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <random>

namespace collectors {

TEST_CASE("the oldest of a heap is the oldest of a list, whatever was taken out") {
  constexpr double kLeast = 20;
  constexpr double kMost = 80;
  TaskTable table;
  WaitingHeap heap;
  std::map<std::uint64_t, double> waiting;  // By number of task.
  std::mt19937 random(7);                   // NOLINT: the same in each run.
  for (std::uint64_t step = 0; step < 5000; ++step) {
    const bool is_full = step % 2000 > 1000;  // Grows, then falls.
    if (waiting.empty() || random() % 3 > (is_full ? 1U : 0U)) {
      const double since = static_cast<double>(random() % 100);
      heap.Insert(table, table.FindOrAdd({step, 1}), since);
      waiting[step] = since;
    } else {
      const auto gone = std::next(waiting.begin(), static_cast<long>(random() % waiting.size()));
      const Slot slot = table.Find({gone->first, 1});
      heap.Erase(table, slot);
      table.Remove(slot);
      waiting.erase(gone);
    }
    std::optional<double> oldest;
    for (const auto& [task, since] : waiting) {
      if (since >= kLeast && since <= kMost) oldest = std::min(oldest.value_or(since), since);
    }
    REQUIRE(heap.Oldest(waiting.size(), kLeast, kMost) == oldest);
    REQUIRE(heap.size() == waiting.size());
    REQUIRE(table.size() == waiting.size());
  }
}

TEST_CASE("of more than are asked for the youngest are looked at") {
  TaskTable table;
  WaitingHeap heap;
  for (const double since : {30, 10, 50, 20, 40})
    heap.Insert(table, table.FindOrAdd({static_cast<std::uint64_t>(since), 1}), since);
  CHECK(heap.Oldest(5, 0, 100) == 10);
  CHECK(heap.Oldest(4, 0, 100) == 20);
  CHECK(heap.Oldest(1, 0, 100) == 50);
  CHECK(heap.Oldest(3, 35, 100) == 40);
  CHECK_FALSE(heap.Oldest(1, 0, 45));
  CHECK_FALSE(heap.Oldest(0, 0, 100));
}

}  // namespace collectors
