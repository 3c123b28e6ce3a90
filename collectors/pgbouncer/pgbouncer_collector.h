#pragma once

#include "exporter/seam/collector.h"

namespace collectors {

// Reads PgBouncer's admin console and exports it under the names of pgbouncer_exporter: a few SHOW
// commands over one kept connection.
extern const exporter::CollectorType kPgBouncerType;

}  // namespace collectors
