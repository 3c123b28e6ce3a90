#include "exporter/seam/moment.h"

#include <chrono>

namespace exporter {

Moment Moment::Now() {
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::steady_clock::now(), std::chrono::duration<double>(wall).count()};
}

}  // namespace exporter
