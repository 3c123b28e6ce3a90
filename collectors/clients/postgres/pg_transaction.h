#pragma once

#include <chrono>
#include <string>

namespace collectors {

// What a transaction of ours depends on.
struct PgTransaction {
  int server_version = 0;               // As libpq counts it: 150018.
  std::chrono::milliseconds remaining;  // Of the run.
  std::chrono::milliseconds timeout;    // Of the collector; bounds lock_timeout.
  bool parallel = false;                // Whether the server may use parallel workers.
  bool checks_client = true;            // Whether the server can look whether its client lives.
  bool holds_raw_bytes = false;         // PgConnection::holds_raw_bytes().
  bool tells_role = false;              // Whether kPgRoleColumns are wanted.
  bool accepts_row_security = false;    // SqlTarget::accepts_row_security.
  std::string search_path = {};         // Empty for the role's own.
};

// What the opening answers then, in this order: whether the server is a standby, and what
// default_transaction_read_only is, as PostgreSQL writes both.
inline constexpr int kPgRoleColumns = 2;

// The statements that open the transaction, for one message of the simple protocol. They name all
// that a role, a database or a server may have set otherwise and that would hurt its other clients
// or falsify what we read. All of it ends with the transaction: the session may be a pooler's.
std::string PgOpening(const PgTransaction& transaction);

}  // namespace collectors
