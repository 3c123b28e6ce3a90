#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exporter {

// Looks up ${NAME}; absent if NAME is not set. A parameter, so that tests do not change the
// process's environment.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// The environment of this process.
std::optional<std::string> ProcessEnvironment(const std::string& name);

// Replaces ${NAME} by its value, and ${NAME:-default} by the default if NAME is not set or is
// empty. `$${` stands for `${`; any other `$` stands for itself. A replaced value is not replaced
// again. NAME is [A-Za-z_][A-Za-z0-9_]*; the default ends at the first `}`. If something is wrong,
// the result is absent and `problems` says why; problems name variables and never hold their
// values.
std::optional<std::string> Substitute(std::string_view text, const Environment& environment,
                                      std::vector<std::string>& problems);

// Returns NAME if the whole text is ${NAME} or ${NAME:-default}; else empty.
std::string OnlyVariable(std::string_view text);

}  // namespace exporter
