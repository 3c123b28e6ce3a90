#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "collectors/celery/tasks/task_table.h"

namespace collectors {

// The waiting tasks of one queue, the longest waiting first.
class WaitingHeap {
 public:
  // `since` is in epoch seconds. A record is in one heap at most.
  void Insert(TaskTable& table, Slot slot, double since);
  void Erase(TaskTable& table, Slot slot);

  std::size_t size() const { return entries_.size(); }
  // The longest waiting task; only if there is one.
  Slot front() const { return entries_.front().slot; }
  // How many tasks satisfy `is_one`.
  template <typename IsOne>
  std::size_t CountIf(const IsOne& is_one) const {
    return static_cast<std::size_t>(std::count_if(
        entries_.begin(), entries_.end(), [&](const Entry& entry) { return is_one(entry.slot); }));
  }

  // Of the `youngest` last times, the first that is neither before `least` nor after `most`.
  std::optional<double> Oldest(std::size_t youngest, double least, double most) const;

 private:
  struct Entry {
    double since;
    Slot slot;
  };

  std::optional<double> OldestOfAll(double least, double most) const;
  void Place(TaskTable& table, std::size_t index, Entry entry);
  void SiftUp(TaskTable& table, std::size_t index, Entry entry);
  void SiftDown(TaskTable& table, std::size_t index, Entry entry);

  std::vector<Entry> entries_;
};

}  // namespace collectors
