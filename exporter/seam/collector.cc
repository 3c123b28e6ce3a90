#include "exporter/seam/collector.h"

#include <array>

namespace exporter {

std::string_view Name(ErrorKind kind) {
  static constexpr std::array<std::string_view, kErrorKinds> kNames = {
      "connect", "auth",    "permission", "timeout", "protocol",
      "query",   "missing", "limit",      "internal"};
  return kNames.at(static_cast<std::size_t>(kind));
}

std::vector<CollectError> AllProblems(const Reading& reading) {
  std::vector<CollectError> all = reading.problems;
  all.insert(all.end(), reading.standing.begin(), reading.standing.end());
  return all;
}

}  // namespace exporter
