#include "exporter/page/collector_health.h"

namespace exporter {

std::string_view Name(RunResult result) {
  static constexpr std::array<std::string_view, kRunResults> kNames = {"success", "error",
                                                                       "timeout", "skipped"};
  return kNames.at(static_cast<std::size_t>(result));
}

}  // namespace exporter
