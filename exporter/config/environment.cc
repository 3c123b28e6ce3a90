#include "exporter/config/environment.h"

#include <cstdlib>

namespace exporter {
namespace {

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";

bool IsVariableName(std::string_view name) {
  if (name.empty() || kLetters.find(name.front()) == std::string_view::npos) return false;
  return name.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789") ==
         std::string_view::npos;
}

// The value of the text between `${` and `}`.
std::optional<std::string> Expand(std::string_view inside, const Environment& environment,
                                  std::vector<std::string>& problems) {
  const std::size_t colon = inside.find(":-");
  const std::string name(inside.substr(0, colon));
  if (!IsVariableName(name) || inside.find("${") != std::string_view::npos) {
    problems.emplace_back(
        "a ${ must begin ${NAME} or ${NAME:-default}, with a plain default; write $${ for the two "
        "characters themselves");
    return std::nullopt;
  }
  std::optional<std::string> value = environment(name);
  const bool has_default = colon != std::string_view::npos;
  if (has_default && (!value || value->empty())) return std::string(inside.substr(colon + 2));
  if (!value) {
    problems.push_back("the environment variable " + name + " is not set; set it, or write ${" +
                       name + ":-default}");
  }
  return value;
}

}  // namespace

std::optional<std::string> ProcessEnvironment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

std::optional<std::string> Substitute(std::string_view text, const Environment& environment,
                                      std::vector<std::string>& problems) {
  std::string result;
  bool good = true;
  for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${")) {
    const bool escaped = at > 0 && text[at - 1] == '$';
    result += text.substr(0, escaped ? at - 1 : at);
    const std::string_view rest = text.substr(at + 2);
    if (escaped) {
      result += "${";
      text = rest;
      continue;
    }
    const std::size_t end = rest.find('}');
    if (end == std::string_view::npos) {
      problems.emplace_back("a ${ has no }; write $${ for the two characters themselves");
      return std::nullopt;
    }
    const auto value = Expand(rest.substr(0, end), environment, problems);
    good = good && value.has_value();
    result += value.value_or("");
    text = rest.substr(end + 1);
  }
  if (!good) return std::nullopt;
  return result += text;
}

std::string OnlyVariable(std::string_view text) {
  const std::size_t end = text.find('}');
  if (!text.starts_with("${") || end + 1 != text.size()) return "";
  const std::string_view inside = text.substr(2, end - 2);
  return std::string(inside.substr(0, inside.find(":-")));
}

}  // namespace exporter
