#pragma once

#include <optional>
#include <string_view>

#include "collectors/clients/sql/rows.h"

namespace collectors {

// The present role of a server.
struct PgServerRole {
  bool in_recovery = false;           // A standby.
  bool read_only_by_default = false;  // default_transaction_read_only.
};

// What the DSN's target_session_attrs requires of a server. libpq checks it only when it connects,
// and a kept session outlives a promotion.
class PgWantedRole {
 public:
  PgWantedRole() = default;  // Any server.
  explicit PgWantedRole(std::string_view target_session_attrs);

  bool any() const { return fits_ == nullptr && !prefers_standby_; }
  bool prefers_standby() const { return prefers_standby_; }
  bool Fits(const PgServerRole& role) const { return fits_ == nullptr || fits_(role); }

 private:
  bool (*fits_)(const PgServerRole& role) = nullptr;  // Null if every server fits.
  bool prefers_standby_ = false;
};

// Returns the role in the answer to PgOpening(); nothing if the answer does not contain it.
std::optional<PgServerRole> PgRoleIn(const Rows& opening);

}  // namespace collectors
