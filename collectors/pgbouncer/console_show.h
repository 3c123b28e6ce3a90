#pragma once

#include <span>
#include <string_view>

#include "collectors/clients/sql/rows.h"
#include "exporter/seam/collector.h"

namespace collectors {

// An answer of PgBouncer's console, and the pure function that turns it into
// families under pgbouncer_exporter's names. It throws CollectError where the
// answer has nothing to show; what is wrong with a part of it is a problem.
struct ConsoleShow {
  std::string_view what;  // SHOW what.
  std::string_view part;  // In the log, and of some in `parts:`.
  void (*add)(const Rows& rows, exporter::Reading& reading);
};

// All of them in the order in which they are asked; the dearest is last.
std::span<const ConsoleShow> ConsoleShows();

}  // namespace collectors
