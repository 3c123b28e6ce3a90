#pragma once

#include <yaml-cpp/yaml.h>

#include <span>
#include <string>
#include <string_view>

#include "exporter/config/yaml_reader.h"

namespace exporter {

// The parts of messages about a YAML document.

// A word for this kind of node that a user knows.
std::string_view KindOf(const YAML::Node& node);
// The text of a node in quotes, or the word for its kind.
std::string Shown(const YAML::Node& node);
// "a, b or c".
std::string Listed(std::span<const std::string_view> choices);
// A message at the place of the node.
ConfigProblem ProblemAt(const YAML::Node& node, std::string message);
// The beginning of a message about the value: "NAME: " if it is ${NAME}.
std::string Origin(const YAML::Node& value);

}  // namespace exporter
