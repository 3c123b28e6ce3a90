#pragma once

#include <cstdint>
#include <string_view>

namespace collectors {

// A task's id in 16 bytes: that of a UUID as Celery writes it, a digest of any
// other text that a program chose.
struct TaskId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  bool operator==(const TaskId&) const = default;
};

TaskId TaskIdOf(std::string_view text);

}  // namespace collectors
