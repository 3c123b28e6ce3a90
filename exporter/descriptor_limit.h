#pragma once

#include <cstddef>

namespace exporter {

// Throws std::runtime_error if the process may open fewer descriptors than it needs to serve and to
// collect. The text names the number that it needs.
void RequireDescriptors(std::size_t listeners, std::size_t collectors);

}  // namespace exporter
