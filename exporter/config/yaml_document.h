#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string_view>
#include <vector>

#include "exporter/config/yaml_reader.h"

namespace exporter {

inline constexpr std::size_t kMaxYamlBytes = 1 << 20;
inline constexpr std::size_t kMaxYamlDepth = 32;
// Values in the whole document. An alias counts as all the values that it stands for, so that a few
// lines of aliases to aliases cannot fill the memory.
inline constexpr std::size_t kMaxYamlValues = 100000;

// Reads the only document in `text`. Also notes mistakes that yaml-cpp 0.7 accepts silently: a key
// given twice, a quote that is never closed, a second document. Anchors and aliases work; merge
// keys (`<<`), tags and keys that are not plain words are refused. Absent after a syntax error, or
// if the text has no value; `problems` then says why.
std::optional<YAML::Node> ParseYaml(std::string_view text, std::vector<ConfigProblem>& problems);

// yaml-cpp counts columns in bytes, an editor in characters.
void CountColumnsInCharacters(std::string_view text, std::vector<ConfigProblem>& problems);

}  // namespace exporter
