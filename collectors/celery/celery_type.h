#pragma once

#include "exporter/seam/collector.h"

namespace collectors {

extern const exporter::CollectorType kCeleryType;

}  // namespace collectors
