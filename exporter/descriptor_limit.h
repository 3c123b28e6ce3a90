#pragma once

#include <cstddef>

namespace exporter {

// Throws std::runtime_error, which names the need, if the process may open fewer descriptors than
// it takes to serve and to collect at all.
void RequireDescriptors(std::size_t listeners, std::size_t collectors);

}  // namespace exporter
