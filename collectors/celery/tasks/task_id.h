#pragma once

#include <cstdint>
#include <string_view>

namespace collectors {

// A task's id in 16 bytes: the UUID if the text is one as Celery writes it, otherwise a digest of
// the text.
struct TaskId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  bool operator==(const TaskId&) const = default;
};

TaskId TaskIdOf(std::string_view text);

}  // namespace collectors
