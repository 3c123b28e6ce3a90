#pragma once

#include "exporter/collector.h"

namespace collectors {

extern const exporter::CollectorType kCeleryType;

}  // namespace collectors
