#include "collectors/clients/postgres/pg_server_role.h"

#include <algorithm>
#include <iterator>

#include "collectors/clients/postgres/pg_transaction.h"

namespace collectors {
namespace {

struct Attribute {
  std::string_view name;
  bool (*fits)(const PgServerRole& role);
};

// The same rules as libpq's. `any` and `prefer-standby` are missing here: in the end both accept
// any server.
constexpr Attribute kAttributes[] = {
    {"primary", [](const PgServerRole& role) { return !role.in_recovery; }},
    {"standby", [](const PgServerRole& role) { return role.in_recovery; }},
    {"read-write",
     [](const PgServerRole& role) { return !role.in_recovery && !role.read_only_by_default; }},
    {"read-only",
     [](const PgServerRole& role) { return role.in_recovery || role.read_only_by_default; }},
};

}  // namespace

PgWantedRole::PgWantedRole(std::string_view target_session_attrs)
    : prefers_standby_(target_session_attrs == "prefer-standby") {
  const auto* const found = std::ranges::find(kAttributes, target_session_attrs, &Attribute::name);
  if (found != std::end(kAttributes)) fits_ = found->fits;
}

std::optional<PgServerRole> PgRoleIn(const Rows& opening) {
  if (opening.cells.empty() || opening.cells[0].size() < kPgRoleColumns) return std::nullopt;
  const auto& row = opening.cells[0];
  return PgServerRole{row[0] == "t", row[1] == "on"};
}

}  // namespace collectors
