#include "collectors/clients/mysql/mysql_error.h"

#include <algorithm>

namespace collectors {
namespace {

using exporter::ErrorKind;

struct Row {
  unsigned number;
  ErrorKind kind;
};

// Sorted by number. Any other number is kQuery from a server and kConnect from the library.
constexpr Row kErrors[] = {
    {1040, ErrorKind::kConnect},     // too many connections
    {1044, ErrorKind::kPermission},  // no right to the database
    {1045, ErrorKind::kAuth},        // wrong user or password
    {1049, ErrorKind::kMissing},     // no such database
    {1053, ErrorKind::kConnect},     // shutdown in progress
    {1054, ErrorKind::kMissing},     // no such column
    {1109, ErrorKind::kMissing},     // no such table in the list
    {1129, ErrorKind::kConnect},     // the host is blocked after too many errors
    {1130, ErrorKind::kAuth},        // the host may not connect
    {1142, ErrorKind::kPermission},  // no right to the table
    {1143, ErrorKind::kPermission},  // no right to the column
    {1146, ErrorKind::kMissing},     // no such table
    {1153, ErrorKind::kLimit},       // a packet larger than max_allowed_packet
    {1203, ErrorKind::kConnect},     // too many connections of the user
    {1205, ErrorKind::kTimeout},     // lock wait timeout
    {1226, ErrorKind::kConnect},     // the user's resource limit is reached
    {1227, ErrorKind::kPermission},  // a privilege is missing
    {1251, ErrorKind::kAuth},        // an authentication method that the client lacks
    {1305, ErrorKind::kMissing},     // no such function
    {1317, ErrorKind::kTimeout},     // KILL QUERY
    {1370, ErrorKind::kPermission},  // no right to the routine
    {1698, ErrorKind::kAuth},        // wrong user, without a password
    {1820, ErrorKind::kAuth},        // the password must be changed
    {1862, ErrorKind::kAuth},        // the password has expired
    {1927, ErrorKind::kConnect},     // KILL
    {1931, ErrorKind::kLimit},       // LIMIT ROWS EXAMINED
    {1969, ErrorKind::kTimeout},     // MariaDB's max_statement_time
    {2000, ErrorKind::kProtocol},    // the library's unknown error
    {2007, ErrorKind::kProtocol},    // another version of the protocol
    {2008, ErrorKind::kLimit},       // out of memory
    {2012, ErrorKind::kProtocol},    // handshake error
    {2014, ErrorKind::kProtocol},    // commands out of sync
    {2020, ErrorKind::kLimit},       // a packet larger than we accept
    {2027, ErrorKind::kProtocol},    // a malformed packet
    {2049, ErrorKind::kAuth},        // the authentication before MySQL 4.1
    {2059, ErrorKind::kAuth},        // an authentication plugin is missing
    {2061, ErrorKind::kAuth},        // an authentication failed on our side
    {3024, ErrorKind::kTimeout},     // MySQL's max_execution_time
    {3118, ErrorKind::kAuth},        // the account is locked
    {3159, ErrorKind::kAuth},        // the server wants TLS
    {3955, ErrorKind::kAuth},        // blocked after wrong passwords
    {4031, ErrorKind::kConnect},     // idle for too long
    {4151, ErrorKind::kAuth},        // MariaDB: the account is locked
    {5010, ErrorKind::kAuth},        // an authentication method that we refuse
    {5012, ErrorKind::kAuth},        // an authentication plugin is missing
};

constexpr bool IsSorted() {
  for (std::size_t n = 1; n < std::size(kErrors); ++n) {
    if (kErrors[n - 1].number >= kErrors[n].number) return false;
  }
  return true;
}
static_assert(IsSorted());

}  // namespace

bool IsOfMysqlLibrary(unsigned number) {
  return (number >= 2000 && number < 3000) || (number >= 5000 && number < 6000);
}

bool PassesByMysqlError(unsigned number) {
  constexpr unsigned kPassing[] = {1205, 1213, 1317, 1412};
  return std::ranges::find(kPassing, number) != std::end(kPassing);
}

bool IsOfCutStatement(unsigned number) {
  constexpr unsigned kCut[] = {1317, 1931, 1969, 3024};
  return std::ranges::find(kCut, number) != std::end(kCut);
}

ErrorKind KindOfMysqlError(unsigned number) {
  const auto* const row =
      std::lower_bound(std::begin(kErrors), std::end(kErrors), number,
                       [](const Row& one, unsigned wanted) { return one.number < wanted; });
  if (row != std::end(kErrors) && row->number == number) return row->kind;
  return IsOfMysqlLibrary(number) ? ErrorKind::kConnect : ErrorKind::kQuery;
}

}  // namespace collectors
