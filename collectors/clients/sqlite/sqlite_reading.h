#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace collectors {

// Reading another process's database without leaving files beside it. If a reader finds no -wal and
// -shm files of a database in WAL mode, SQLite itself creates them. They belong to the reader's
// user; the application, which may not write to them, could not open its database any more.

// Returns the name of an SQLite VFS that opens a -wal only for reading and never creates one.
// Registered once.
const char* SqliteReadingVfs();

// The state of a database that has neither a -wal nor a journal: all of it is in one file. In WAL
// mode no process has it open then, and it may be read as immutable if the state is the same
// afterwards.
struct SqliteRest {
  ino_t inode;
  off_t size;
  std::int64_t changed_ns;
  bool operator==(const SqliteRest&) const = default;
};
std::optional<SqliteRest> SqliteRestOf(const std::string& path);  // Nothing if either exists.

// Returns the name of the file for sqlite3_open_v2() with SQLITE_OPEN_URI.
std::string SqliteReadingUri(const std::string& path, bool at_rest);

}  // namespace collectors
