#include "collectors/clients/sqlite/sqlite_reading.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string_view>
#include <system_error>

namespace collectors {
namespace {

constexpr char kVfsName[] = "exporter-reading";
sqlite3_vfs* SystemVfs() {
  static sqlite3_vfs* const system = ::sqlite3_vfs_find(nullptr);
  return system;
}

int OpenToRead(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags, int* opened) {
  if ((flags & SQLITE_OPEN_WAL) != 0) {
    flags &= ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    flags |= SQLITE_OPEN_READONLY;
  }
  return SystemVfs()->xOpen(SystemVfs(), name, file, flags, opened);
}

bool Exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

}  // namespace

const char* SqliteReadingVfs() {
  static sqlite3_vfs reading = [] {
    sqlite3_vfs vfs = *SystemVfs();
    vfs.pNext = nullptr;
    vfs.zName = kVfsName;
    vfs.xOpen = &OpenToRead;
    return vfs;
  }();
  static const int registered = ::sqlite3_vfs_register(&reading, 0);
  return registered == SQLITE_OK ? kVfsName : nullptr;
}

// Does not open the file: closing it would end this process's locks on it, which another
// collector's read may need (fcntl(2), "record locks").
std::optional<SqliteRest> SqliteRestOf(const std::string& path) {
  std::error_code failure;
  const std::string file = std::filesystem::canonical(path, failure).string();  // Resolves links.
  struct stat found = {};
  if (failure || Exists(file + "-wal") || Exists(file + "-journal") ||
      ::stat(file.c_str(), &found) != 0) {
    return std::nullopt;
  }
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  return SqliteRest{found.st_ino, found.st_size,
                    found.st_mtim.tv_sec * kNanoseconds + found.st_mtim.tv_nsec};
}

std::string SqliteReadingUri(const std::string& path, bool at_rest) {
  std::string uri = "file:";
  for (const char c : path) {
    if (std::string_view("%?#").find(c) == std::string_view::npos) {
      uri += c;
    } else {
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return uri + (at_rest ? "?immutable=1" : "?readonly_shm=1");
}

}  // namespace collectors
