#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string_view>
#include <vector>

#include "exporter/config/yaml_reader.h"

namespace exporter {

inline constexpr std::size_t kMaxYamlBytes = 1 << 20;
inline constexpr std::size_t kMaxYamlDepth = 32;
// Values in the whole document, each alias counted with all that it stands for,
// so that a few lines of aliases to aliases cannot fill the memory.
inline constexpr std::size_t kMaxYamlValues = 100000;

// Reads the only document in `text` and notes what yaml-cpp 0.7 takes without
// a word: keys given twice, a quote that is never closed, a second document.
// Anchors and aliases work; merge keys (`<<`), tags and keys that are no plain
// words are refused. Absent when nothing can be read further, as after a syntax
// error or for a file without a value in it; `problems` then says why.
std::optional<YAML::Node> ParseYaml(std::string_view text, std::vector<ConfigProblem>& problems);

// yaml-cpp counts columns in bytes, an editor in characters.
void CountColumnsInCharacters(std::string_view text, std::vector<ConfigProblem>& problems);

}  // namespace exporter
