#pragma once

#include <chrono>
#include <string>

namespace collectors {

// The parameters of one of our transactions.
struct PgTransaction {
  int server_version = 0;               // In libpq's form: 150018.
  std::chrono::milliseconds remaining;  // The run's remaining time.
  std::chrono::milliseconds timeout;    // The collector's timeout; bounds lock_timeout.
  bool parallel = false;                // Whether the server may use parallel workers.
  bool checks_client = true;            // Whether the server can check that its client is alive.
  bool holds_raw_bytes = false;         // PgConnection::holds_raw_bytes().
  bool tells_role = false;              // Whether the answer contains kPgRoleColumns.
  bool accepts_row_security = false;    // SqlTarget::accepts_row_security.
  std::string search_path = {};         // Empty: the role's setting.
};

// The columns in the opening's answer if tells_role: whether the server is a standby, and the value
// of default_transaction_read_only, both in PostgreSQL's text form.
inline constexpr int kPgRoleColumns = 2;

// Returns the statements that open the transaction, for one message of the simple protocol. They
// set everything that a role, a database or a server may have set otherwise and that would hurt its
// other clients or falsify what we read. All of it ends with the transaction: the session may be a
// pooler's.
std::string PgOpening(const PgTransaction& transaction);

}  // namespace collectors
