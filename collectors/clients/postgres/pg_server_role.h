#pragma once

#include <optional>
#include <string_view>

#include "collectors/clients/sql/rows.h"

namespace collectors {

// What a server is at the moment.
struct PgServerRole {
  bool in_recovery = false;           // A standby.
  bool read_only_by_default = false;  // default_transaction_read_only.
};

// What a DSN's target_session_attrs asks of a server. libpq looks at it when it connects, and a
// kept session outlives a promotion.
class PgWantedRole {
 public:
  PgWantedRole() = default;  // Any.
  explicit PgWantedRole(std::string_view target_session_attrs);

  bool any() const { return fits_ == nullptr && !prefers_standby_; }
  bool prefers_standby() const { return prefers_standby_; }
  bool Fits(const PgServerRole& role) const { return fits_ == nullptr || fits_(role); }

 private:
  bool (*fits_)(const PgServerRole& role) = nullptr;  // Null where every server does.
  bool prefers_standby_ = false;
};

// What the answer to PgOpening says of the server; nothing where it says nothing.
std::optional<PgServerRole> PgRoleIn(const Rows& opening);

}  // namespace collectors
