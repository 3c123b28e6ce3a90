#pragma once

#include <string>
#include <utility>
#include <vector>

namespace collectors {

// The client libraries that this program runs with, and their versions.
std::vector<std::pair<std::string, std::string>> ClientVersions();

}  // namespace collectors
