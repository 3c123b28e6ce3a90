#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace collectors {

// How a database of another process is read without leaving anything beside it. SQLite by itself
// makes the files -wal and -shm of a database in WAL mode when a reader finds none, and they are
// the reader's: the application, which may not write to them, cannot open its database any more.

// SQLite's name of a file system that opens no -wal for writing, and makes none. Registered once.
const char* SqliteReadingVfs();

// The state of a database that has neither a -wal nor a journal: all of it is in the one file. In
// WAL mode nobody has it open then, and it may be read as if nobody could change it, as long as the
// state is the same afterwards.
struct SqliteRest {
  ino_t inode;
  off_t size;
  std::int64_t changed_ns;
  bool operator==(const SqliteRest&) const = default;
};
std::optional<SqliteRest> SqliteRestOf(const std::string& path);  // Nothing where it has one.

// What sqlite3_open_v2() takes for the file, with SQLITE_OPEN_URI.
std::string SqliteReadingUri(const std::string& path, bool at_rest);

}  // namespace collectors
