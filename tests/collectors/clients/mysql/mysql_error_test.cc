#include "collectors/clients/mysql/mysql_error.h"

#include <doctest/doctest.h>

namespace collectors {

using exporter::ErrorKind;

TEST_CASE("a MySQL error number tells what failed") {
  struct Case {
    unsigned number;
    ErrorKind kind;
  };
  const Case cases[] = {
      {1045, ErrorKind::kAuth},       {1698, ErrorKind::kAuth},
      {1044, ErrorKind::kPermission}, {1142, ErrorKind::kPermission},
      {1143, ErrorKind::kPermission}, {1146, ErrorKind::kMissing},
      {1054, ErrorKind::kMissing},    {1049, ErrorKind::kMissing},
      {1305, ErrorKind::kMissing},    {3024, ErrorKind::kTimeout},
      {1969, ErrorKind::kTimeout},    {1205, ErrorKind::kTimeout},
      {2002, ErrorKind::kConnect},    {2003, ErrorKind::kConnect},
      {2006, ErrorKind::kConnect},    {2013, ErrorKind::kConnect},
      {1040, ErrorKind::kConnect},    {2026, ErrorKind::kConnect},
      {2020, ErrorKind::kLimit},      {2027, ErrorKind::kProtocol},
      {2059, ErrorKind::kAuth},       {1064, ErrorKind::kQuery},
      {1792, ErrorKind::kQuery},      {1193, ErrorKind::kQuery},
      {999, ErrorKind::kQuery},       {0, ErrorKind::kQuery},
      {60000, ErrorKind::kQuery},     {3955, ErrorKind::kAuth},
  };
  for (const Case& one : cases) {
    CAPTURE(one.number);
    CHECK(KindOfMysqlError(one.number) == one.kind);
  }
}

TEST_CASE(
    "locks, deadlocks, an altered table and KILL QUERY pass; a statement's own time does not") {
  for (const unsigned number : {1205U, 1213U, 1317U, 1412U}) CHECK(PassesByMysqlError(number));
  for (const unsigned number : {1969U, 3024U, 1146U, 1064U, 0U}) {
    CHECK_FALSE(PassesByMysqlError(number));
  }
}

TEST_CASE("what MySQL's client library says is told from what a server says") {
  for (const unsigned number : {2000U, 2013U, 2999U, 5000U, 5012U}) CHECK(IsOfMysqlLibrary(number));
  for (const unsigned number : {1045U, 1999U, 3000U, 3024U, 4031U, 6000U}) {
    CHECK_FALSE(IsOfMysqlLibrary(number));
  }
}

}  // namespace collectors
