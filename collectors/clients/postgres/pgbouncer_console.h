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

// The database that leads to the console.
inline constexpr std::string_view kConsoleDatabase = "pgbouncer";

// PgBouncer's admin console: https://www.pgbouncer.org/usage.html#admin-console.
// It knows SHOW and no SQL, and the simple query protocol alone. One connection,
// opened when first needed and kept; one that PgBouncer closed meanwhile is
// opened again once. Everything throws CollectError. One thread at a time.
class PgBouncerConsole {
 public:
  explicit PgBouncerConsole(SqlTarget target);
  ~PgBouncerConsole();
  PgBouncerConsole(const PgBouncerConsole&) = delete;
  PgBouncerConsole& operator=(const PgBouncerConsole&) = delete;

  // The rows of SHOW `what`, a word of ours as POOLS; 100,000 at most.
  Rows Show(const exporter::CollectContext& context, std::string_view what);
  // Closes the connection where the target says that none is kept.
  void EndRun();

 private:
  void Connect(const exporter::CollectContext& context);
  Rows TryShow(const exporter::CollectContext& context, std::string_view what);

  SqlTarget target_;
  std::unique_ptr<PgConnection> connection_;
};

// The console that a DSN leads to; one without a database means the console's.
// Notes a problem at `key` and returns null where it names another. A DSN in a
// file that is not there yet is looked at when it is first needed.
std::unique_ptr<PgBouncerConsole> MakePgBouncerConsole(exporter::YamlReader& options,
                                                       const std::string& key, SqlTarget target);

// Whether a DSN names the console's database, as far as it can be read now.
bool NamesConsole(const exporter::SecretSource& dsn);

}  // namespace collectors
