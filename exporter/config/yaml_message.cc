#include "exporter/config/yaml_message.h"

#include <algorithm>
#include <utility>

#include "exporter/config/environment.h"

namespace exporter {

std::string_view KindOf(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Sequence:
      return "a list";
    case YAML::NodeType::Map:
      return "a mapping";
    case YAML::NodeType::Scalar:
      return "a text";
    default:
      return "nothing";
  }
}

std::string Shown(const YAML::Node& node) {
  return node.IsScalar() ? Quoted(node.Scalar()) : std::string(KindOf(node));
}

std::string Listed(std::span<const std::string_view> choices) {
  std::string text;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) text += i + 1 == choices.size() ? " or " : ", ";
    text += choices[i];
  }
  return text;
}

ConfigProblem ProblemAt(const YAML::Node& node, std::string message) {
  const YAML::Mark mark = node.Mark();
  return {std::max(mark.line, 0) + 1, std::max(mark.column, 0) + 1, std::move(message)};
}

std::string Origin(const YAML::Node& value) {
  const std::string name = value.IsScalar() ? OnlyVariable(value.Scalar()) : "";
  return name.empty() ? "" : name + ": ";
}

}  // namespace exporter
