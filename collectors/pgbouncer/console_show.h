#pragma once

#include <span>
#include <string_view>

#include "collectors/clients/sql/rows.h"
#include "exporter/seam/collector.h"

namespace collectors {

// A command of PgBouncer's console, and the function that turns its answer into families under
// pgbouncer_exporter's names. The function has no side effects. It throws CollectError if the
// answer contains nothing to show; a fault in a part of the answer becomes a problem.
struct ConsoleShow {
  std::string_view what;  // The word after SHOW.
  std::string_view part;  // The name in the log; some are keys of `parts:` too.
  void (*add)(const Rows& rows, exporter::Reading& reading);
};

// Returns all commands in the order in which they are sent; the most expensive one is last.
std::span<const ConsoleShow> ConsoleShows();

}  // namespace collectors
