#include "exporter/descriptor_limit.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <stdexcept>

namespace exporter {
namespace {

// Standard streams, the server's own, and files that are open for a moment.
constexpr std::size_t kOwn = 8;
// This many clients can always be connected at a time.
constexpr std::size_t kClients = 8;
// The fewest that a collector takes. libpq takes three, a cluster one for each node.
constexpr std::size_t kOfCollector = 1;

}  // namespace

void RequireDescriptors(std::size_t listeners, std::size_t collectors) {
  rlimit files{};
  const std::size_t needed = kOwn + kClients + listeners + kOfCollector * collectors;
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= needed) return;
  throw std::runtime_error(
      fmt::format("the process may open {} descriptors, and this configuration needs {} at least: "
                  "raise the limit (ulimit -n, LimitNOFILE=)",
                  files.rlim_cur, needed));
}

}  // namespace exporter
