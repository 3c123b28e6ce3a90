#pragma once

#include <string_view>

namespace collectors {

// The text of configs/presets/postgres.yaml.
extern const std::string_view kPostgresPreset;

}  // namespace collectors
