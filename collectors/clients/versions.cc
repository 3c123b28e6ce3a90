#include "collectors/clients/versions.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <libpq-fe.h>
#include <mysql.h>
#include <openssl/crypto.h>
#include <sqlite3.h>

namespace collectors {

std::vector<std::pair<std::string, std::string>> ClientVersions() {
  const int pq = ::PQlibVersion();
  return {
      {"libpq", fmt::format("{}.{}", pq / 10000, pq % 10000)},
      {"libmariadb", ::mysql_get_client_info()},
      {"hiredis", fmt::format("{}.{}.{}", HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH)},
      {"sqlite", ::sqlite3_libversion()},
      {"openssl", ::OpenSSL_version(OPENSSL_VERSION_STRING)},
  };
}

}  // namespace collectors
