#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "collectors/clients/sql/rows.h"
#include "collectors/clients/sql/sql_session.h"
#include "exporter/config/yaml_reader.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/secret.h"

namespace collectors {

class PgConnection;
struct PgDsn;

// The name of the console's database.
inline constexpr std::string_view kConsoleDatabase = "pgbouncer";

// PgBouncer's admin console: https://www.pgbouncer.org/usage.html#admin-console. It knows only
// SHOW, no SQL, and only the simple query protocol. One connection, opened when first needed and
// kept. If PgBouncer closed it meanwhile, it is opened again once. Everything throws CollectError.
// One thread at a time.
class PgBouncerConsole {
 public:
  explicit PgBouncerConsole(SqlTarget target);
  ~PgBouncerConsole();
  PgBouncerConsole(const PgBouncerConsole&) = delete;
  PgBouncerConsole& operator=(const PgBouncerConsole&) = delete;

  // Returns the rows of SHOW `what`, at most 100,000. `what` is a word from our code, such as
  // POOLS.
  Rows Show(const exporter::CollectContext& context, std::string_view what);
  // Closes the connection if the target does not keep it.
  void EndRun();

 private:
  void Connect(const exporter::CollectContext& context);
  Rows TryShow(const exporter::CollectContext& context, std::string_view what);

  SqlTarget target_;
  std::unique_ptr<PgConnection> connection_;
};

// Returns the console for a DSN; a DSN without a database means the console's. Adds a problem at
// `key` and returns null if the DSN names another database. A DSN in a file that does not exist yet
// is checked when first needed.
std::unique_ptr<PgBouncerConsole> MakePgBouncerConsole(exporter::YamlReader& options,
                                                       const std::string& key, SqlTarget target);

// Returns true if the DSN can be read now and names the console's database.
bool NamesConsole(const exporter::SecretSource& dsn);

}  // namespace collectors
