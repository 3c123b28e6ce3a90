#include "collectors/postgres/hidden_sessions.h"

#include <fmt/format.h>

namespace collectors {

std::string HiddenAdvice(const std::string& role, const std::string& what) {
  return fmt::format("role {} does not see {} of other roles: GRANT pg_monitor TO {}", role, what,
                     role);
}

}  // namespace collectors
