#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exporter {

// Where the values of ${NAME} come from; absent when NAME is not set. Passed
// in, so that a test needs no environment of its own.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// The environment of this process.
std::optional<std::string> ProcessEnvironment(const std::string& name);

// Replaces ${NAME}, and ${NAME:-default} where NAME is not set or empty; `$${`
// stands for `${`, and any other `$` for itself. A replaced value is not looked
// into again. NAME is [A-Za-z_][A-Za-z0-9_]*; the default ends at the first `}`.
// Absent when something is wrong, which is then in `problems`; these name
// variables and never hold their values.
std::optional<std::string> Substitute(std::string_view text, const Environment& environment,
                                      std::vector<std::string>& problems);

}  // namespace exporter
