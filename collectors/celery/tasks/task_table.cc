#include "collectors/celery/tasks/task_table.h"

#include <random>
#include <utility>

namespace collectors {
namespace {

constexpr std::size_t kFirstBuckets = 64;

std::uint64_t RandomSeed() {
  std::random_device device;
  return static_cast<std::uint64_t>(device()) << 32 | device();
}

}  // namespace

TaskTable::TaskTable()
    : high_seed_(RandomSeed()), low_seed_(RandomSeed()), buckets_(kFirstBuckets, kNoSlot) {}

std::size_t TaskTable::BucketOf(const TaskId& id) const {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(id.high ^ high_seed_) * (id.low ^ low_seed_);
  const auto mixed =
      static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  return mixed & (buckets_.size() - 1);
}

Slot TaskTable::Find(const TaskId& id) const {
  Slot slot = buckets_[BucketOf(id)];
  while (slot != kNoSlot && records_[slot].id != id) slot = records_[slot].next;
  return slot;
}

void TaskTable::Link(Slot slot) {
  Slot& first = buckets_[BucketOf(records_[slot].id)];
  records_[slot].next = std::exchange(first, slot);
}

Slot TaskTable::FindOrAdd(const TaskId& id) {
  if (const Slot found = Find(id); found != kNoSlot) return found;
  if (size_ == buckets_.size()) Grow();
  Slot slot = free_;
  if (slot == kNoSlot) {
    slot = static_cast<Slot>(records_.size());
    records_.emplace_back();
  } else {
    free_ = records_[slot].next;
    records_[slot] = TaskRecord();
  }
  records_[slot].id = id;
  Link(slot);
  ++size_;
  return slot;
}

void TaskTable::Remove(Slot slot) {
  Slot* link = &buckets_[BucketOf(records_[slot].id)];
  while (*link != slot) link = &records_[*link].next;
  *link = records_[slot].next;
  records_[slot].next = std::exchange(free_, slot);
  --size_;
}

// Only called if all slots are taken: each holds a record.
void TaskTable::Grow() {
  buckets_.assign(buckets_.size() * 2, kNoSlot);
  for (Slot slot = 0; slot < records_.size(); ++slot) Link(slot);
}

}  // namespace collectors
