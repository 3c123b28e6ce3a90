#pragma once

#include "exporter/seam/collector.h"

namespace collectors {

// PgBouncer's admin console under the names of pgbouncer_exporter: a few SHOW
// commands over one connection that is kept.
extern const exporter::CollectorType kPgBouncerType;

}  // namespace collectors
