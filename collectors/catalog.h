#pragma once

#include <span>

#include "exporter/seam/collector.h"

namespace collectors {

// Every type of collector in this program. To add one, write it and add it to catalog.cc.
std::span<const exporter::CollectorType> Catalog();

}  // namespace collectors
