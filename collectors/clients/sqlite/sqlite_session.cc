#include "collectors/clients/sqlite/sqlite_session.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "collectors/clients/net/shown_text.h"
#include "collectors/clients/sql/answer_size.h"
#include "collectors/clients/sql/sql_url.h"
#include "collectors/clients/sqlite/sqlite_reading.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using exporter::Outlook;

// The number of SQLite's machine steps between two checks of the clock: some tens of microseconds.
constexpr int kStepsBetweenLooks = 1000;
// For all files together. A row may have two thousand cells, each within its own bound.
constexpr sqlite3_int64 kMaxHeapBytes = 24 << 20;

using Database = std::unique_ptr<sqlite3, decltype(&::sqlite3_close)>;
using Statement = std::unique_ptr<sqlite3_stmt, decltype(&::sqlite3_finalize)>;

struct Row {
  int code;
  ErrorKind kind;
};

// SQLite's primary result codes (sqlite.org/rescode.html). Any other code is kQuery.
constexpr Row kCodes[] = {
    {SQLITE_BUSY, ErrorKind::kTimeout},        {SQLITE_LOCKED, ErrorKind::kTimeout},
    {SQLITE_INTERRUPT, ErrorKind::kTimeout},   {SQLITE_NOTADB, ErrorKind::kProtocol},
    {SQLITE_CORRUPT, ErrorKind::kProtocol},    {SQLITE_CANTOPEN, ErrorKind::kPermission},
    {SQLITE_PERM, ErrorKind::kPermission},     {SQLITE_AUTH, ErrorKind::kPermission},
    {SQLITE_READONLY, ErrorKind::kPermission}, {SQLITE_IOERR, ErrorKind::kConnect},
    {SQLITE_TOOBIG, ErrorKind::kLimit},        {SQLITE_NOMEM, ErrorKind::kLimit},
};

ErrorKind KindOf(int code, std::string_view message) {
  if (message.starts_with("no such ")) return ErrorKind::kMissing;
  const auto* const row = std::find_if(std::begin(kCodes), std::end(kCodes),
                                       [code](const Row& one) { return one.code == code; });
  return row == std::end(kCodes) ? ErrorKind::kQuery : row->kind;
}

[[noreturn]] void Fail(sqlite3* database) {
  const std::string message = ::sqlite3_errmsg(database);
  const int code = ::sqlite3_errcode(database) & 0xFF;
  if (code == SQLITE_TOOBIG) throw CollectError(RowTooLarge());
  if (code == SQLITE_NOMEM) {
    throw CollectError(ErrorKind::kLimit,
                       "the query takes more than 24 MiB of memory: ask for less");
  }
  // Another process is writing; SQLite waited until the deadline.
  const bool waited = code == SQLITE_BUSY || code == SQLITE_LOCKED;
  throw CollectError(KindOf(code, message), ShownText(message),
                     waited ? Outlook::kPassing : Outlook::kLasting);
}

int Expired(void* deadline) { return static_cast<const Deadline*>(deadline)->Expired() ? 1 : 0; }

// `deadline` must outlive the database.
Database Open(const std::string& path, bool at_rest, Deadline& deadline) {
  if (::access(path.c_str(), F_OK) != 0) {
    throw CollectError(ErrorKind::kMissing, "there is no file " + path);
  }
  sqlite3* opened = nullptr;
  const int code = ::sqlite3_open_v2(SqliteReadingUri(path, at_rest).c_str(), &opened,
                                     SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI,
                                     SqliteReadingVfs());
  Database database(opened, &::sqlite3_close);
  if (opened == nullptr) throw std::bad_alloc();
  if (code != SQLITE_OK) Fail(opened);
  ::sqlite3_hard_heap_limit64(kMaxHeapBytes);
  ::sqlite3_limit(opened, SQLITE_LIMIT_LENGTH, static_cast<int>(kMaxRowBytes));
  ::sqlite3_limit(opened, SQLITE_LIMIT_ATTACHED, 0);  // Only the configured file.
  // If there is no such column, SQLite takes "name" for a text, and every row would fall into a
  // group of that name.
  ::sqlite3_db_config(opened, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  ::sqlite3_busy_timeout(opened, static_cast<int>(deadline.Remaining().count()));
  ::sqlite3_progress_handler(opened, kStepsBetweenLooks, &Expired, &deadline);
  return database;
}

Statement Prepare(sqlite3* database, const SqlStatement& statement) {
  sqlite3_stmt* prepared = nullptr;
  const char* rest = nullptr;
  const int code =
      ::sqlite3_prepare_v2(database, statement.text.c_str(),
                           static_cast<int>(statement.text.size()) + 1, &prepared, &rest);
  Statement owner(prepared, &::sqlite3_finalize);
  if (code != SQLITE_OK) Fail(database);
  if (prepared == nullptr) throw CollectError(ErrorKind::kQuery, "the query is empty");
  if (std::string_view(rest).find_first_not_of(" \t\r\n;") != std::string_view::npos) {
    throw CollectError(ErrorKind::kQuery, "the query has more than one statement");
  }
  for (std::size_t n = 0; n < statement.parameters.size(); ++n) {
    const std::string name = "$" + std::to_string(n + 1);
    const std::string& value = statement.parameters[n];
    const int place = ::sqlite3_bind_parameter_index(prepared, name.c_str());
    if (::sqlite3_bind_text(prepared, place, value.data(), static_cast<int>(value.size()),
                            SQLITE_STATIC) != SQLITE_OK) {
      Fail(database);
    }
  }
  return owner;
}

// SQLite's own text has fifteen digits, two fewer than a double.
std::string FloatCell(sqlite3_stmt* statement, int column) {
  return fmt::format("{}", ::sqlite3_column_double(statement, column));
}

const char* TextOf(sqlite3_stmt* statement, int column) {
  const auto* const text = reinterpret_cast<const char*>(::sqlite3_column_text(statement, column));
  if (text != nullptr) return text;
  sqlite3* const database = ::sqlite3_db_handle(statement);
  if (::sqlite3_errcode(database) == SQLITE_NOMEM) Fail(database);
  return "";  // An empty blob.
}

// Throws kLimit if the answer with this row is beyond its bounds.
void AppendRow(sqlite3_stmt* statement, Rows& rows, AnswerSize& answer) {
  const int columns = ::sqlite3_column_count(statement);
  auto& row = rows.cells.emplace_back(static_cast<std::size_t>(columns));
  answer.BeginRow();
  for (int n = 0; n < columns; ++n) {
    auto& cell = row[static_cast<std::size_t>(n)];
    const int type = ::sqlite3_column_type(statement, n);
    if (type == SQLITE_FLOAT) cell = FloatCell(statement, n);
    const bool is_text = type != SQLITE_FLOAT && type != SQLITE_NULL;
    const char* const text = is_text ? TextOf(statement, n) : "";
    const int size = is_text ? ::sqlite3_column_bytes(statement, n) : 0;
    if (!answer.AddCell(static_cast<std::size_t>(size))) throw CollectError(answer.Excess());
    if (is_text) cell.emplace(text, static_cast<std::size_t>(size));
  }
}

Rows Read(sqlite3* database, sqlite3_stmt* statement, std::size_t max_rows) {
  Rows rows;
  for (int n = 0; n < ::sqlite3_column_count(statement); ++n) {
    rows.columns.emplace_back(::sqlite3_column_name(statement, n));
  }
  AnswerSize size;
  int code = ::sqlite3_step(statement);
  for (; code == SQLITE_ROW; code = ::sqlite3_step(statement)) {
    if (rows.cells.size() == max_rows) {
      throw CollectError(ErrorKind::kLimit,
                         "the query has more than " + std::to_string(max_rows) + " rows");
    }
    AppendRow(statement, rows, size);
  }
  if (code != SQLITE_DONE) Fail(database);
  return rows;
}

Rows Ask(const std::string& path, bool at_rest, const SqlStatement& statement, Deadline& deadline) {
  const Database database = Open(path, at_rest, deadline);
  const Statement prepared = Prepare(database.get(), statement);
  return Read(database.get(), prepared.get(), statement.max_rows);
}

}  // namespace

int SqliteSession::ServerVersion(const CollectContext& context) {
  Deadline deadline = context.deadline;
  Open(path_, false, deadline);  // A missing file is the target's failure.
  return 0;
}

Rows SqliteSession::Query(const CollectContext& context, const SqlStatement& statement) {
  Deadline deadline = context.deadline;
  if (deadline.Expired()) throw CollectError(ErrorKind::kTimeout, "the time was up");
  const auto rest = SqliteRestOf(path_);
  try {
    return Ask(path_, false, statement, deadline);
  } catch (const CollectError& error) {
    if (!rest || error.kind() != ErrorKind::kPermission) throw;
  }
  // In WAL mode, a database that no process has open can be read only in this way.
  try {
    Rows rows = Ask(path_, true, statement, deadline);
    if (SqliteRestOf(path_) == rest) return rows;
  } catch (const CollectError&) {
    if (SqliteRestOf(path_) == rest) throw;
  }
  // Another process has opened it meanwhile.
  return Ask(path_, false, statement, deadline);
}

std::string SqlitePath(const std::string& url) {
  const std::optional<SqlUrl> read = ReadSqlUrl(url);
  std::string path = read ? read->rest : "";
  path.erase(std::min(path.find('?'), path.size()));
  path.erase(0, path.starts_with("//") ? 1 : 0);
  if (path.size() < 2 || path.front() != '/' || path == "/:memory:") {
    throw std::invalid_argument("it must name a file by its whole path, as sqlite:///data/app.db");
  }
  return path;
}

}  // namespace collectors
