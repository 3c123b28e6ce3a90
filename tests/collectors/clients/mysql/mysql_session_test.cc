#include "collectors/clients/mysql/mysql_session.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/fake_server.h"
#include "tests/support/mysql_wire.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using exporter::SecretSource;
using exporter::Watchdog;
using std::chrono::milliseconds;
using testing::FakeServer;
using Peer = FakeServer::Peer;
using namespace mysql_wire;

constexpr milliseconds kBudget(400);
constexpr milliseconds kGrace(250);

const std::string kOpening = Packet(1, "\1") + Column(2) + End(3);
const std::string kAnswer = kOpening + RowOf(4, "one") + End(5);

void Accept(Peer& peer) {
  peer.Send(Greeting());
  peer.Expect(Text("ann"));
  peer.Expect(Text("mysql_native_password"));
  peer.Send(Ok(2));
}

void Begin(Peer& peer) {
  peer.Expect("SET SESSION");
  peer.Expect("transaction_read_only = 1");
  peer.Expect("max_execution_time = ");
  peer.Send(Ok(1));
  peer.Expect("START TRANSACTION READ ONLY");
  peer.Send(Ok(1));
}

// A server without faults that answers the statement with `bytes`.
FakeServer::Script Answering(const std::string& bytes) {
  return [bytes](Peer& peer) {
    Accept(peer);
    Begin(peer);
    peer.Expect("SELECT");
    peer.Send(bytes);
    peer.Expect("COMMIT");
    peer.Send(Ok(1));
    peer.Mute();
  };
}

FakeServer::Script Refusing(unsigned error) {
  return [error](Peer& peer) {
    Accept(peer);
    Begin(peer);
    peer.Expect("SELECT");
    peer.Send(Error(1, error));
    peer.Expect("ROLLBACK");
    peer.Send(Ok(1));
    peer.Mute();
  };
}

FakeServer::Script Greeted(const std::string& greeting, const std::string& then = "") {
  return [greeting, then](Peer& peer) {
    peer.Send(greeting);
    if (then.empty()) peer.Mute();
    peer.Expect(Text("ann"));
    peer.Send(then);
    peer.Mute();
  };
}

SqlTarget TargetAt(const FakeServer& server, const std::string& parameters = "") {
  return {SecretSource::Literal("mysql://ann:hush@127.0.0.1:" + std::to_string(server.port()) +
                                "/shop?" + parameters),
          "exporter/test", kBudget};
}

struct Outcome {
  bool answered;
  ErrorKind kind;
  std::string text;  // The first cell, or the error.
  milliseconds elapsed;
};

Outcome Ask(MysqlSession& session, std::size_t max_rows = 10) {
  Watchdog watchdog;
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [start] {
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
  };
  try {
    const Rows rows =
        session.Query({Deadline::After(kBudget), watchdog}, {"SELECT a", {}, max_rows});
    return {true, ErrorKind::kInternal, rows.cells.at(0).at(0).value_or("NULL"), elapsed()};
  } catch (const CollectError& error) {
    return {false, error.kind(), error.what(), elapsed()};
  }
}

}  // namespace

TEST_CASE("a MySQL server that hangs costs its deadline and no more") {
  struct Case {
    std::string name;
    FakeServer::Script script;
  };
  const Case cases[] = {
      {"says nothing at all", [](Peer& peer) { peer.Mute(); }},
      {"drips its greeting", [](Peer& peer) { peer.Drip(Greeting(), milliseconds(50)); }},
      {"hangs after the greeting", Greeted(Greeting())},
      {"hangs within the greeting", Greeted(Greeting().substr(0, 20))},
      {"hangs in the handshake of TLS", Greeted(Greeting(kWithTls))},
      {"drips an answer to the password",
       [](Peer& peer) {
         peer.Send(Greeting());
         peer.Expect(Text("ann"));
         peer.Drip(Ok(2), milliseconds(100));
       }},
      {"hangs after the settings",
       [](Peer& peer) {
         Accept(peer);
         peer.Expect("SET SESSION");
         peer.Mute();
       }},
      {"drips its answer",
       [](Peer& peer) {
         Accept(peer);
         Begin(peer);
         peer.Expect("SELECT");
         peer.Drip(kAnswer, milliseconds(50));
       }},
      {"leaves its answer half said", Answering(kOpening + RowOf(4, "one"))},
      {"leaves its columns half said", Answering(Packet(1, "\1") + Column(2))},
  };
  for (const Case& one : cases) {
    CAPTURE(one.name);
    FakeServer server(one.script);
    MysqlSession session(TargetAt(server));
    const Outcome outcome = Ask(session);
    CAPTURE(outcome.text);
    CHECK_FALSE(outcome.answered);
    CHECK(outcome.kind == ErrorKind::kTimeout);
    CHECK(outcome.elapsed >= kBudget - milliseconds(5));
    CHECK(outcome.elapsed < kBudget + kGrace);
  }
}

TEST_CASE("a MySQL server that fails is told at once by what it did") {
  struct Case {
    std::string name;
    FakeServer::Script script;
    ErrorKind kind;
  };
  const std::string big(0xFFFFFF, 'x');
  const Case cases[] = {
      {"closes at once", [](Peer&) {}, ErrorKind::kConnect},
      {"resets at once", [](Peer& peer) { peer.Reset(); }, ErrorKind::kConnect},
      {"speaks HTTP", Greeted("HTTP/1.1 400 Bad Request\r\n\r\n"), ErrorKind::kProtocol},
      {"speaks SSH", Greeted("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), ErrorKind::kProtocol},
      {"greets with nothing", Greeted(Packet(0, "")), ErrorKind::kProtocol},
      {"has too many connections", Greeted(Error(0, 1040)), ErrorKind::kConnect},
      {"refuses the host", Greeted(Error(0, 1130)), ErrorKind::kAuth},
      {"refuses the password", Greeted(Greeting(), Error(2, 1045)), ErrorKind::kAuth},
      {"has no such database", Greeted(Greeting(), Error(2, 1049)), ErrorKind::kMissing},
      {"resets in the middle of an answer",
       [](Peer& peer) {
         Accept(peer);
         Begin(peer);
         peer.Expect("SELECT");
         peer.Send(kOpening);
         peer.Reset();
       },
       ErrorKind::kConnect},
      {"closes in the middle of an answer",
       [](Peer& peer) {
         Accept(peer);
         Begin(peer);
         peer.Expect("SELECT");
         peer.Send(kOpening + RowOf(4, "one").substr(0, 3));
       },
       ErrorKind::kConnect},
      {"sends a row that is cut inside", Answering(kOpening + Packet(4, "\x63x") + End(5)),
       ErrorKind::kProtocol},
      {"has no rows for a query",
       [](Peer& peer) {
         Accept(peer);
         Begin(peer);
         peer.Expect("SELECT");
         peer.Send(Ok(1));
         peer.Expect("ROLLBACK");
         peer.Send(Ok(1));
         peer.Mute();
       },
       ErrorKind::kQuery},
      {"refuses the statement", Refusing(1146), ErrorKind::kMissing},
      {"refuses the right", Refusing(1142), ErrorKind::kPermission},
      {"ends the statement for its time", Refusing(3024), ErrorKind::kTimeout},
      {"sends more rows than allowed",
       Answering(kOpening + RowOf(4, "1") + RowOf(5, "2") + RowOf(6, "3") + End(7)),
       ErrorKind::kLimit},
      {"sends a row that is too large", Answering(kOpening + Packet(4, big) + Packet(5, big)),
       ErrorKind::kLimit},
  };
  for (const Case& one : cases) {
    CAPTURE(one.name);
    FakeServer server(one.script);
    MysqlSession session(TargetAt(server));
    const Outcome outcome = Ask(session, 2);
    CAPTURE(outcome.text);
    CHECK_FALSE(outcome.answered);
    CHECK(outcome.kind == one.kind);
    CHECK(outcome.elapsed < kBudget);
    CHECK(outcome.text.find("hush") == std::string::npos);
  }
}

TEST_CASE("a MySQL server that asks for a file of ours is given nothing") {
  std::atomic<bool> given = false;
  FakeServer server([&](Peer& peer) {
    Accept(peer);
    Begin(peer);
    peer.Expect("SELECT");
    peer.Send(Packet(1, "\xFB/etc/passwd"));
    peer.Expect(Packet(2, ""));  // An empty file.
    peer.Send(Ok(3));
    peer.Expect("root");
    given = true;
  });
  MysqlSession session(TargetAt(server));
  const Outcome outcome = Ask(session);
  CAPTURE(outcome.text);
  CHECK(outcome.kind == ErrorKind::kProtocol);
  CHECK(outcome.elapsed < kBudget);
  CHECK_FALSE(given);
}

TEST_CASE("a MySQL server that never ends its list of columns is given up") {
  FakeServer server([](Peer& peer) {
    Accept(peer);
    Begin(peer);
    peer.Expect("SELECT");
    peer.Send(Packet(1, "\1"));
    const std::string name(200, 'n');
    std::string columns;  // The packet numbers start again after 255.
    for (std::size_t number = 2; number < 2 + 16 * 256; ++number) columns += Column(number, name);
    for (;;) peer.Send(columns);
  });
  MysqlSession session(TargetAt(server));
  const Outcome outcome = Ask(session);
  CAPTURE(outcome.text);
  CHECK(outcome.kind == ErrorKind::kLimit);
}

TEST_CASE("no MySQL server is given a password that it could read") {
  const std::string plain = Greeting();
  const auto asking = [](const std::string& authentication) {
    return Packet(2, "\xFE" + Text(authentication) + Text("scramble-and-twelve!"));
  };
  struct Request {
    std::string name;
    std::string greeting;
    std::string request;
  };
  const Request requests[] = {
      {"in clear", plain, asking("mysql_clear_password")},
      {"in clear, from the start", Greeting(kPlain, "mysql_clear_password"),
       asking("mysql_clear_password")},
      {"in the way of old", plain, Packet(2, "\xFE")},
      {"in the way of old, by its name", plain, asking("mysql_old_password")},
      {"for a key of its own", plain, asking("caching_sha2_password")},
      {"by a terminal", plain, asking("dialog")},
      {"in the way of a file", plain, asking("../../tmp/plugin")},
  };
  for (const Request& one : requests) {
    CAPTURE(one.name);
    std::atomic<bool> answered = false;
    FakeServer server([&](Peer& peer) {
      peer.Send(one.greeting);
      peer.Expect(Text("ann"));
      peer.Send(one.request);
      peer.Expect(std::string(1, '\3'));  // Any answer has this packet number.
      answered = true;
    });
    MysqlSession session(TargetAt(server));
    const Outcome outcome = Ask(session);
    CAPTURE(outcome.text);
    CHECK(outcome.kind == ErrorKind::kAuth);
    CHECK_FALSE(answered);
    CHECK(outcome.elapsed < kBudget);
    if (one.name == "for a key of its own") {
      CHECK(outcome.text.find("needs TLS or the server's socket") != std::string::npos);
    }
  }
}

TEST_CASE("a MySQL server must have what the DSN requires before it is told anything") {
  struct Case {
    std::string name;
    unsigned flags;
    std::string parameters;
    ErrorKind kind;
  };
  const Case cases[] = {
      {"no TLS, required", kPlain, "ssl-mode=REQUIRED", ErrorKind::kConnect},
      {"no TLS, to be verified", kPlain, "ssl-mode=VERIFY_IDENTITY", ErrorKind::kConnect},
      {"the authentication of old", kOfOld, "", ErrorKind::kAuth},
  };
  for (const Case& one : cases) {
    CAPTURE(one.name);
    std::atomic<bool> told = false;
    FakeServer server([&](Peer& peer) {
      peer.Send(Greeting(one.flags));
      peer.Expect(std::string(1, '\1'));
      told = true;
    });
    MysqlSession session(TargetAt(server, one.parameters));
    const Outcome outcome = Ask(session);
    CAPTURE(outcome.text);
    CHECK(outcome.kind == one.kind);
    CHECK_FALSE(told);
    CHECK(outcome.elapsed < kBudget);
  }
}

TEST_CASE("a MySQL session opens a connection again that its server closed meanwhile") {
  const FakeServer::Script once = [](Peer& peer) {
    Accept(peer);
    Begin(peer);
    peer.Expect("SELECT");
    peer.Send(kOpening + RowOf(4, "first") + End(5));
    peer.Expect("COMMIT");
    peer.Send(Ok(1));
  };
  FakeServer server({once, Answering(kOpening + RowOf(4, "second") + End(5))});
  MysqlSession session(TargetAt(server));
  CHECK(Ask(session).text == "first");
  CHECK(Ask(session).text == "second");
}

TEST_CASE("a statement that MySQL refused leaves the connection for the next") {
  const FakeServer::Script twice = [](Peer& peer) {
    Accept(peer);
    Begin(peer);
    peer.Expect("SELECT");
    peer.Send(Error(1, 1142));
    peer.Expect("ROLLBACK");
    peer.Send(Ok(1));
    Begin(peer);
    peer.Expect("SELECT");
    peer.Send(kOpening + RowOf(4, "after") + End(5));
    peer.Expect("COMMIT");
    peer.Send(Ok(1));
    peer.Mute();
  };
  FakeServer server({twice, [](Peer& peer) { peer.Reset(); }});
  MysqlSession session(TargetAt(server));
  CHECK(Ask(session).kind == ErrorKind::kPermission);
  CHECK(Ask(session).text == "after");
}

TEST_CASE("after a MySQL timeout the next statement has a connection of its own") {
  FakeServer server({[](Peer& peer) {
                       Accept(peer);
                       Begin(peer);
                       peer.Mute();
                     },
                     Answering(kOpening + RowOf(4, "well again") + End(5))});
  MysqlSession session(TargetAt(server));
  CHECK(Ask(session).kind == ErrorKind::kTimeout);
  CHECK(Ask(session).text == "well again");
}

TEST_CASE("a statement with parameters is refused before MySQL is asked") {
  FakeServer server([](Peer& peer) { peer.Reset(); });
  MysqlSession session(TargetAt(server));
  Watchdog watchdog;
  try {
    session.Query({Deadline::After(kBudget), watchdog}, {"SELECT $1", {"a"}});
    FAIL("answered");
  } catch (const CollectError& error) {
    CHECK(error.kind() == ErrorKind::kQuery);
  }
}

}  // namespace collectors
