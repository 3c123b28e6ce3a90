#pragma once

#include <string>

namespace collectors {

// Returns advice for when PostgreSQL hides from `role` what other roles do. `what` names it, as in
// "the state of sessions". PostgreSQL then returns NULL without an error.
std::string HiddenAdvice(const std::string& role, const std::string& what);

}  // namespace collectors
