#pragma once

#include <string>

namespace exporter {

// The source and the compiler of this program.
struct BuildInfo {
  std::string version;
  std::string revision;  // Of the source; "unknown" without git or an archive's .revision.
  std::string compiler;
};

BuildInfo ThisBuild();

}  // namespace exporter
