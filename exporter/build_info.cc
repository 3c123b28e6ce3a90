#include "exporter/build_info.h"

namespace exporter {

// CMake defines these three for this file alone.
BuildInfo ThisBuild() { return {EXPORTER_VERSION, EXPORTER_REVISION, EXPORTER_COMPILER}; }

}  // namespace exporter
