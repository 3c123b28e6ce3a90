#pragma once

#include <string>

namespace exporter {

// What this program was built from and with.
struct BuildInfo {
  std::string version;
  std::string revision;  // Of the source; "unknown" outside a git checkout.
  std::string compiler;
};

BuildInfo ThisBuild();

}  // namespace exporter
