#include "collectors/celery/tasks/waiting_heap.h"

#include <algorithm>
#include <cstdint>

namespace collectors {

void WaitingHeap::Place(TaskTable& table, std::size_t index, Entry entry) {
  entries_[index] = entry;
  table[entry.slot].place = static_cast<std::uint32_t>(index);
}

void WaitingHeap::SiftUp(TaskTable& table, std::size_t index, Entry entry) {
  while (index > 0 && entry.since < entries_[(index - 1) / 2].since) {
    Place(table, index, entries_[(index - 1) / 2]);
    index = (index - 1) / 2;
  }
  Place(table, index, entry);
}

void WaitingHeap::SiftDown(TaskTable& table, std::size_t index, Entry entry) {
  for (std::size_t child = 2 * index + 1; child < entries_.size(); child = 2 * index + 1) {
    if (child + 1 < entries_.size() && entries_[child + 1].since < entries_[child].since) ++child;
    if (!(entries_[child].since < entry.since)) break;
    Place(table, index, entries_[child]);
    index = child;
  }
  SiftUp(table, index, entry);
}

void WaitingHeap::Insert(TaskTable& table, Slot slot, double since) {
  entries_.push_back({});
  SiftUp(table, entries_.size() - 1, {since, slot});
}

void WaitingHeap::Erase(TaskTable& table, Slot slot) {
  const std::size_t index = table[slot].place;
  const Entry last = entries_.back();
  entries_.pop_back();
  if (index < entries_.size()) SiftDown(table, index, last);
  // A queue that was long once would keep its memory for ever, and there are many queues.
  if (entries_.capacity() > 64 && entries_.size() < entries_.capacity() / 4)
    entries_.shrink_to_fit();
}

std::optional<double> WaitingHeap::Oldest(std::size_t youngest, double least, double most) const {
  if (youngest >= entries_.size()) return OldestOfAll(least, most);
  std::vector<double> times;
  times.reserve(entries_.size());
  for (const Entry& entry : entries_) times.push_back(entry.since);
  const auto begin = times.end() - static_cast<std::ptrdiff_t>(youngest);
  std::nth_element(times.begin(), begin, times.end());
  std::optional<double> oldest;
  for (auto time = begin; time != times.end(); ++time) {
    if (*time >= least && *time <= most && (!oldest || *time < *oldest)) oldest = *time;
  }
  return oldest;
}

std::optional<double> WaitingHeap::OldestOfAll(double least, double most) const {
  std::optional<double> oldest;
  std::vector<std::size_t> open = {0};
  while (!open.empty()) {
    const std::size_t index = open.back();
    open.pop_back();
    if (index >= entries_.size()) continue;
    const double since = entries_[index].since;
    if (since > most || (oldest && since >= *oldest)) continue;  // All below are even later.
    if (since >= least)
      oldest = since;
    else
      open.insert(open.end(), {2 * index + 1, 2 * index + 2});
  }
  return oldest;
}

}  // namespace collectors
