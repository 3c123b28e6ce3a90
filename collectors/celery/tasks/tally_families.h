#pragma once

#include "exporter/seam/family_set.h"

namespace collectors {

// The families about an EventTally itself.
exporter::FamilySet::Family& OpenTracked(exporter::FamilySet& families);
exporter::FamilySet::Family& OpenEvicted(exporter::FamilySet& families);

}  // namespace collectors
