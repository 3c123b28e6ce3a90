#pragma once

#include <string>
#include <utility>
#include <vector>

namespace collectors {

// Returns the names and the versions of the client libraries in use.
std::vector<std::pair<std::string, std::string>> ClientVersions();

}  // namespace collectors
