#pragma once

#include <span>

#include "exporter/seam/collector.h"

namespace collectors {

// Every kind of collector in this program. To add one: write it, then add its
// line to catalog.cc.
std::span<const exporter::CollectorType> Catalog();

}  // namespace collectors
