#include "collectors/clients/postgres/pgbouncer_console.h"

#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "collectors/clients/net/url_parameters.h"
#include "collectors/clients/postgres/pg_connection.h"
#include "collectors/clients/postgres/pg_dsn.h"
#include "collectors/clients/sql/sql_url.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;

constexpr std::size_t kMostRows = 100'000;

struct Words {
  std::string_view beginning;
  ErrorKind kind;
  std::string_view hint;
};

// PgBouncer sends nearly every refusal with the SQLSTATE 08P01, in English.
constexpr Words kRefusals[] = {
    {"not allowed", ErrorKind::kPermission,
     ": the user must be in stats_users or admin_users of PgBouncer"},
    {"admin access needed", ErrorKind::kPermission, ""},
    {"invalid command", ErrorKind::kMissing, ""},
};

CollectError Understood(const CollectError& error) {
  const std::string_view text = error.what();
  for (const Words& words : kRefusals) {
    if (text.starts_with(words.beginning)) {
      return {words.kind, std::string(text) + std::string(words.hint)};
    }
  }
  return error;
}

bool IsOfOtherSystem(const std::string& dsn) {
  const std::optional<SqlUrl> url = ReadSqlUrl(dsn);
  if (url) return url->system != SqlSystem::kPostgres;
  const std::size_t scheme = dsn.find("://");
  return scheme != std::string::npos && dsn.find_first_of("=' ") > scheme;
}

PgDsn ConsoleDsn(const std::string& text) {
  if (IsOfOtherSystem(text)) throw std::invalid_argument("its scheme must be postgresql://");
  PgDsn dsn = ParsePgDsn(text);
  if (dsn.Get("dbname").empty()) dsn.Set("dbname", std::string(kConsoleDatabase));
  if (dsn.Get("dbname") != kConsoleDatabase) {
    throw std::invalid_argument(
        "it must lead to PgBouncer's console, the database pgbouncer: "
        "postgresql://user:password@host:6432/pgbouncer");
  }
  return dsn;
}

// The current DSN of the target. The texts of the exceptions caught here hold no secret.
PgDsn DsnOf(const SqlTarget& target) {
  try {
    return ConsoleDsn(target.dsn.Load().Reveal());
  } catch (const std::invalid_argument& error) {
    throw CollectError(ErrorKind::kConnect, std::string("the DSN cannot be used: ") + error.what());
  } catch (const std::runtime_error& error) {
    throw CollectError(ErrorKind::kConnect, error.what());
  }
}

// Returns the DSN if it can be read now.
std::optional<std::string> Known(const exporter::SecretSource& source) try {
  return source.Load().Reveal();
} catch (const std::runtime_error&) {
  return std::nullopt;  // The file may be written later.
}

}  // namespace

PgBouncerConsole::PgBouncerConsole(SqlTarget target) : target_(std::move(target)) {}
PgBouncerConsole::~PgBouncerConsole() = default;

void PgBouncerConsole::Connect(const CollectContext& context) {
  if (connection_) return;
  PgDsn dsn = DsnOf(target_);
  const std::string server_name = dsn.server_name;
  try {
    connection_ = std::make_unique<PgConnection>(context, std::move(dsn), target_.application_name);
  } catch (const CollectError& error) {
    const CollectError understood = Understood(error);
    throw CollectError(understood.kind(), server_name + ": " + understood.what());
  }
}

void PgBouncerConsole::EndRun() {
  if (!target_.keep_connected) connection_.reset();
}

Rows PgBouncerConsole::TryShow(const CollectContext& context, std::string_view what) {
  Connect(context);
  try {
    return connection_->SimpleQuery(context, "SHOW " + std::string(what), kMostRows);
  } catch (const CollectError& error) {
    if (!connection_->usable()) connection_.reset();
    throw Understood(error);
  }
}

Rows PgBouncerConsole::Show(const CollectContext& context, std::string_view what) {
  const bool kept = connection_ != nullptr;
  try {
    return TryShow(context, what);
  } catch (const CollectError& error) {
    if (!kept || error.kind() != ErrorKind::kConnect) throw;
  }
  return TryShow(context, what);
}

std::unique_ptr<PgBouncerConsole> MakePgBouncerConsole(exporter::YamlReader& options,
                                                       const std::string& key, SqlTarget target) {
  if (!target.dsn.given()) return nullptr;  // Reading the key has already added a problem.
  try {
    const auto dsn = Known(target.dsn);
    const auto dropped = dsn ? ConsoleDsn(*dsn).dropped : std::vector<std::string>();
    if (!dropped.empty()) options.Warn(key, DroppedNote(dropped));
  } catch (const std::invalid_argument& error) {
    options.Problem(key, key + " cannot be used: " + error.what());
    return nullptr;
  }
  return std::make_unique<PgBouncerConsole>(std::move(target));
}

bool NamesConsole(const exporter::SecretSource& dsn) try {
  const auto known = dsn.given() ? Known(dsn) : std::nullopt;
  return known && !IsOfOtherSystem(*known) && ParsePgDsn(*known).Get("dbname") == kConsoleDatabase;
} catch (const std::invalid_argument&) {
  return false;  // The code that uses the DSN reports the problem.
}

}  // namespace collectors
