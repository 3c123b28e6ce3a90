#include "collectors/clients/sqlite/sqlite_session.h"

#include <doctest/doctest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <utility>

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using exporter::Watchdog;
using std::chrono::milliseconds;

constexpr milliseconds kBudget(300);

// A new folder with one database, and a connection that writes to it.
class Writer {
 public:
  Writer() {
    char pattern[] = "/tmp/sqlite_session_test.XXXXXX";
    REQUIRE(::mkdtemp(pattern) != nullptr);
    folder_ = pattern;
    REQUIRE(::sqlite3_open(path().c_str(), &database_) == SQLITE_OK);
    Run("CREATE TABLE t (a INTEGER, b TEXT); INSERT INTO t VALUES (1, 'one'), (2, NULL)");
  }
  ~Writer() {
    Close();
    std::filesystem::remove_all(folder_);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void Run(const std::string& text) {
    REQUIRE(::sqlite3_exec(database_, text.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  void Close() { ::sqlite3_close(std::exchange(database_, nullptr)); }
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      names.insert(entry.path().filename());
    }
    return names;
  }
  std::string path() const { return folder_ + "/app.db"; }
  std::string folder() const { return folder_; }

 private:
  std::string folder_;
  sqlite3* database_ = nullptr;
};

Rows Ask(const std::string& path, const SqlStatement& statement) {
  Watchdog watchdog;
  return SqliteSession(path).Query({Deadline::After(kBudget), watchdog}, statement);
}

struct Failure {
  ErrorKind kind;
  milliseconds elapsed;
};

Failure FailureOf(const std::string& path, const SqlStatement& statement) {
  const auto start = std::chrono::steady_clock::now();
  try {
    Ask(path, statement);
  } catch (const CollectError& error) {
    return {error.kind(),
            std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start)};
  }
  FAIL("the statement was answered");
  return {};
}

}  // namespace

TEST_CASE("an SQLite query answers with its columns, its cells and its NULLs") {
  const Writer writer;
  const Rows rows = Ask(writer.path(), {"SELECT a, b, 1.5 AS c FROM t ORDER BY a"});
  CHECK(rows.columns == std::vector<std::string>{"a", "b", "c"});
  REQUIRE(rows.cells.size() == 2);
  CHECK(rows.cells[0] == std::vector<std::optional<std::string>>{"1", "one", "1.5"});
  CHECK(rows.cells[1] == std::vector<std::optional<std::string>>{"2", std::nullopt, "1.5"});
}

TEST_CASE("an SQLite query without rows still has its columns") {
  const Writer writer;
  const Rows rows = Ask(writer.path(), {"SELECT a FROM t WHERE b = $1", {"none"}});
  CHECK(rows.columns == std::vector<std::string>{"a"});
  CHECK(rows.cells.empty());
}

TEST_CASE("an SQLite query takes its parameters by number") {
  const Writer writer;
  const Rows rows = Ask(writer.path(), {"SELECT $2, $1, $2", {"x", "y"}});
  CHECK(rows.cells.at(0) == std::vector<std::optional<std::string>>{"y", "x", "y"});
}

TEST_CASE("an SQLite statement that cannot be run is told by what is wrong") {
  const Writer writer;
  struct Case {
    SqlStatement statement;
    ErrorKind kind;
  };
  const Case cases[] = {
      {{"SELECT a FROM nope"}, ErrorKind::kMissing},
      {{"SELECT nope FROM t"}, ErrorKind::kMissing},
      {{"SELECT \"nope\" FROM t"}, ErrorKind::kMissing},
      {{"SELECT nope(1)"}, ErrorKind::kMissing},
      {{"SELEC 1"}, ErrorKind::kQuery},
      {{""}, ErrorKind::kQuery},
      {{"SELECT 1; SELECT 2"}, ErrorKind::kQuery},
      {{"SELECT $1", {"x", "y"}}, ErrorKind::kQuery},
      {{"INSERT INTO t VALUES (3, 'three')"}, ErrorKind::kPermission},
      {{"ATTACH '/tmp/other.db' AS other"}, ErrorKind::kQuery},
      {{"SELECT a FROM t", {}, 1}, ErrorKind::kLimit},
      {{"SELECT zeroblob(20000000)"}, ErrorKind::kLimit},
      {{"SELECT zeroblob(9000000) FROM t"}, ErrorKind::kLimit},
  };
  for (const Case& one : cases) {
    CAPTURE(one.statement.text);
    const Failure failure = FailureOf(writer.path(), one.statement);
    CHECK(failure.kind == one.kind);
    CHECK(failure.elapsed < kBudget);
  }
}

TEST_CASE("an SQLite statement without end costs its deadline and no more") {
  const Writer writer;
  const Failure failure = FailureOf(
      writer.path(),
      {"WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"});
  CHECK(failure.kind == ErrorKind::kTimeout);
  CHECK(failure.elapsed >= kBudget - milliseconds(5));
  CHECK(failure.elapsed < kBudget + milliseconds(200));
}

TEST_CASE("a locked SQLite file costs the deadline and no more") {
  Writer writer;
  writer.Run("BEGIN EXCLUSIVE");
  const Failure failure = FailureOf(writer.path(), {"SELECT a FROM t"});
  CHECK(failure.kind == ErrorKind::kTimeout);
  CHECK(failure.elapsed < kBudget + milliseconds(200));
}

TEST_CASE("a file that is not there is missing, and is not made") {
  const Writer writer;
  const std::string path = writer.folder() + "/none.db";
  CHECK(FailureOf(path, {"SELECT 1"}).kind == ErrorKind::kMissing);
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a file that is no SQLite database is told as such") {
  const Writer writer;
  const std::string path = writer.folder() + "/text.db";
  std::ofstream(path) << std::string(5000, 'x');
  CHECK(FailureOf(path, {"SELECT a FROM t"}).kind == ErrorKind::kProtocol);
}

TEST_CASE("an SQLite file that was replaced is seen at the next statement") {
  const Writer first;
  Writer second;
  second.Run("UPDATE t SET b = 'new' WHERE a = 1");
  SqliteSession session(first.path());
  Watchdog watchdog;
  const SqlStatement statement = {"SELECT b FROM t WHERE a = 1"};
  CHECK(session.Query({Deadline::After(kBudget), watchdog}, statement).cells[0][0] == "one");
  std::filesystem::rename(second.path(), first.path());
  CHECK(session.Query({Deadline::After(kBudget), watchdog}, statement).cells[0][0] == "new");
}

TEST_CASE("an SQLite file in WAL mode is read whole, and nothing is made beside it") {
  const SqlStatement statement = {"SELECT count(*) FROM t"};
  Writer writer;
  writer.Run("PRAGMA journal_mode = WAL; INSERT INTO t VALUES (3, 'three')");
  const std::set<std::string> opened = {"app.db", "app.db-shm", "app.db-wal"};
  REQUIRE(writer.files() == opened);
  CHECK(Ask(writer.path(), statement).cells[0][0] == "3");
  std::filesystem::create_symlink(writer.path(), writer.folder() + "/link");
  CHECK(Ask(writer.folder() + "/link", statement).cells[0][0] == "3");
  std::filesystem::remove(writer.folder() + "/link");

  SUBCASE("the application has closed it") {
    writer.Close();
    REQUIRE(writer.files() == std::set<std::string>{"app.db"});
    CHECK(Ask(writer.path(), statement).cells[0][0] == "3");
    CHECK(writer.files() == std::set<std::string>{"app.db"});
    CHECK(FailureOf(writer.path(), {"INSERT INTO t VALUES (4, '')"}).kind ==
          ErrorKind::kPermission);
  }
  SUBCASE("the application has crashed") {
    const Writer crashed;
    for (const std::string& name : opened) {
      std::filesystem::copy_file(writer.folder() + "/" + name, crashed.folder() + "/" + name,
                                 std::filesystem::copy_options::overwrite_existing);
    }
    CHECK(Ask(crashed.path(), statement).cells[0][0] == "3");
    CHECK(crashed.files() == opened);
  }
}

TEST_CASE("an SQLite file may have any name") {
  const Writer writer;
  const std::string path = writer.folder() + "/a%20b?#&=.db";
  std::filesystem::rename(writer.path(), path);
  CHECK(Ask(path, {"SELECT count(*) FROM t"}).cells[0][0] == "2");
}

TEST_CASE("an SQLite URL names a file by its whole path") {
  CHECK(SqlitePath("sqlite:///data/app.db") == "/data/app.db");
  CHECK(SqlitePath("sqlite:////data/app.db") == "/data/app.db");
  CHECK(SqlitePath("sqlite+aiosqlite:////data/app.db?timeout=5") == "/data/app.db");
}

}  // namespace collectors
