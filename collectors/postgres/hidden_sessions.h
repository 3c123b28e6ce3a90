#pragma once

#include <string>

namespace collectors {

// What to do where PostgreSQL hides from `role` what other roles do ("the state
// of sessions"): it answers with NULL, and with no error.
std::string HiddenAdvice(const std::string& role, const std::string& what);

}  // namespace collectors
