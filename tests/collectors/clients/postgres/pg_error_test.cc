#include "collectors/clients/postgres/pg_error.h"

#include <doctest/doctest.h>

#include <string>

#include "collectors/clients/net/shown_text.h"

namespace collectors {

using exporter::CollectError;
using exporter::ErrorKind;

TEST_CASE("a SQLSTATE tells what failed") {
  struct Case {
    std::string state;
    ErrorKind kind;
  };
  const Case cases[] = {
      {"28P01", ErrorKind::kAuth},       {"28000", ErrorKind::kAuth},
      {"42501", ErrorKind::kPermission}, {"57014", ErrorKind::kTimeout},
      {"55P03", ErrorKind::kTimeout},    {"42P01", ErrorKind::kMissing},
      {"42703", ErrorKind::kMissing},    {"42883", ErrorKind::kMissing},
      {"3F000", ErrorKind::kMissing},    {"42704", ErrorKind::kMissing},
      {"3D000", ErrorKind::kMissing},    {"53300", ErrorKind::kConnect},
      {"08006", ErrorKind::kConnect},    {"57P01", ErrorKind::kConnect},
      {"57P03", ErrorKind::kConnect},    {"25P03", ErrorKind::kTimeout},
      {"25006", ErrorKind::kQuery},      {"42601", ErrorKind::kQuery},
      {"XX000", ErrorKind::kQuery},
  };
  for (const Case& one : cases) {
    CAPTURE(one.state);
    CHECK(KindOfSqlState(one.state) == one.kind);
  }
}

TEST_CASE("locks, deadlocks, conflicts and cancels pass; what the statement is does not") {
  for (const char* state : {"55P03", "40001", "40P01", "57014", "57P01", "08006"}) {
    CAPTURE(state);
    CHECK(PassesBySqlState(state));
  }
  for (const char* state : {"42P01", "42501", "42601", "22012", "53400", "25006"}) {
    CAPTURE(state);
    CHECK_FALSE(PassesBySqlState(state));
  }
}

// Texts of libpq 15, from real servers.
TEST_CASE("libpq's words tell why a connection failed") {
  struct Case {
    std::string message;
    ErrorKind kind;
    std::string shown;
  };
  const std::string start = "connection to server at \"db\" (10.0.0.7), port 5432 failed: ";
  const Case cases[] = {
      {start + "FATAL:  28P01: password authentication failed for user \"ann\"\n"
               "LOCATION:  auth_failed, auth.c:335\n",
       ErrorKind::kAuth, "password authentication failed for user \"ann\""},
      {start + "SCHWERWIEGEND:  3D000: Datenbank \"shop\" existiert nicht\n", ErrorKind::kMissing,
       "Datenbank \"shop\" existiert nicht"},
      {start + "FATAL:  57P03: the database system is starting up\n", ErrorKind::kConnect,
       "the database system is starting up"},
      {start + "FATAL:  08P01: no such user: ann\n", ErrorKind::kAuth, "no such user: ann"},
      {start + "FATAL:  08P01: server conn crashed?\n", ErrorKind::kConnect,
       "server conn crashed?"},
      {start + "fe_sendauth: no password supplied\n", ErrorKind::kAuth,
       "fe_sendauth: no password supplied"},
      {start + "Connection refused\n\tIs the server running on that host and accepting TCP/IP "
               "connections?\n",
       ErrorKind::kConnect, "Connection refused"},
      {start + "Connection refused\n" + start + "FATAL:  28000: no pg_hba.conf entry for host\n",
       ErrorKind::kAuth, "no pg_hba.conf entry for host"},
      {start + "expected authentication request from server, but received H\n",
       ErrorKind::kProtocol, "expected authentication request from server, but received H"},
      {"invalid sslmode value: \"maybe\"\n", ErrorKind::kConnect,
       "invalid sslmode value: \"maybe\""},
  };
  for (const Case& one : cases) {
    CAPTURE(one.message);
    const CollectError failure = ConnectFailure(one.message);
    CHECK(failure.kind() == one.kind);
    CHECK(failure.what() == one.shown);
  }
}

TEST_CASE("a broken connection is told from an answer that makes no sense") {
  CHECK(
      BrokenConnection("server closed the connection unexpectedly\n\tThis probably means").kind() ==
      ErrorKind::kConnect);
  CHECK(BrokenConnection("lost synchronization with server: got message type \"x\"").kind() ==
        ErrorKind::kProtocol);
  const CollectError ended = BrokenConnection("FATAL:  57P01: terminating connection\nLOCATION: x");
  CHECK(ended.kind() == ErrorKind::kConnect);
  CHECK(std::string(ended.what()) == "terminating connection");
  CHECK(std::string(BrokenConnection("").what()) == "the connection broke");
}

TEST_CASE("a server's text is shown as one short line of valid UTF-8") {
  CHECK(ShownText("a\nb\tc\n") == "a b c");
  CHECK(ShownText("caf\xe9 au lait") == "caf");
  CHECK(ShownText(std::string(199, 'x') + "\xc3\xa9") == std::string(199, 'x'));
  CHECK(ShownText(std::string(500, 'x')).size() == 200);
}

}  // namespace collectors
