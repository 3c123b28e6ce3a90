#include "collectors/clients/postgres/pg_session.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/fake_server.h"

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

constexpr milliseconds kBudget(400);
constexpr milliseconds kGrace(250);

// PostgreSQL's wire format, version 3: a type, a length that includes itself, a body
// (documentation, "Message Formats").
std::string Number(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::string Message(char type, const std::string& body) {
  return type + Number(static_cast<std::uint32_t>(body.size()) + 4) + body;
}

std::string Text(const std::string& text) { return text + '\0'; }

std::string Error(const std::string& severity, const std::string& state, const std::string& text) {
  return Message('E', Text("S" + severity) + Text("C" + state) + Text("M" + text) + '\0');
}

const std::string kReady = Message('Z', "T");
const std::string kAccepted = Message('R', Number(0)) +
                              Message('S', Text("server_version") + Text("15.2")) +
                              Message('Z', "I");
const std::string kBegun = Message('C', Text("BEGIN")) + kReady;
const std::string kCommitted = Message('C', Text("COMMIT")) + Message('Z', "I");
const std::string kColumn =
    Message('T', std::string("\0\1", 2) + Text("a") + std::string(6, '\0') + Number(25) +
                     std::string("\xff\xff", 2) + std::string("\xff\xff\xff\xff\0\0", 6));
const std::string kOpening = Message('1', "") + Message('2', "") + kColumn;

std::string RowOf(const std::string& cell) {
  return Message('D',
                 std::string("\0\1", 2) + Number(static_cast<std::uint32_t>(cell.size())) + cell);
}

std::string AnswerOf(const std::string& rows) {
  return kOpening + rows + Message('C', Text("SELECT 1")) + kReady;
}

void Accept(Peer& peer) {
  peer.Expect("client_encoding");
  peer.Expect(std::string("\0\0", 2));
  peer.Send(kAccepted);
}

void Begin(Peer& peer) {
  peer.Expect("BEGIN");
  peer.Expect(std::string(1, '\0'));  // The end of the message.
  peer.Send(kBegun);
}

// A server without faults that answers the statement with `bytes`.
FakeServer::Script Answering(const std::string& bytes) {
  return [bytes](Peer& peer) {
    Accept(peer);
    Begin(peer);
    peer.Expect("SELECT");
    peer.Send(bytes);
    peer.Expect("COMMIT");
    peer.Send(kCommitted);
    peer.Mute();
  };
}

FakeServer::Script Refusing(const std::string& state) {
  return [state](Peer& peer) {
    Accept(peer);
    Begin(peer);
    peer.Expect("SELECT");
    peer.Send(Error("ERROR", state, "no") + kReady);
    peer.Expect("ROLLBACK");
    peer.Send(kCommitted);
    peer.Mute();
  };
}

SqlTarget TargetAt(const FakeServer& server) {
  return {SecretSource::Literal("postgres://ann:hush@127.0.0.1:" + std::to_string(server.port()) +
                                "/shop?sslmode=disable"),
          "exporter/test", kBudget};
}

struct Outcome {
  bool answered;
  ErrorKind kind;
  std::string text;  // The first cell, or the error.
  milliseconds elapsed;
};

Outcome Ask(PgSession& session, std::size_t max_rows = 10) {
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

TEST_CASE("a PostgreSQL server that hangs costs its deadline and no more") {
  struct Case {
    std::string name;
    FakeServer::Script script;
  };
  const Case cases[] = {
      {"says nothing at all", [](Peer& peer) { peer.Mute(); }},
      {"reads nothing at all", [](Peer& peer) { peer.Stall(); }},
      {"drips its greeting", [](Peer& peer) { peer.Drip(kAccepted, milliseconds(50)); }},
      {"hangs after the greeting",
       [](Peer& peer) {
         Accept(peer);
         peer.Mute();
       }},
      {"hangs after BEGIN",
       [](Peer& peer) {
         Accept(peer);
         Begin(peer);
         peer.Mute();
       }},
      {"drips its answer",
       [](Peer& peer) {
         Accept(peer);
         Begin(peer);
         peer.Expect("SELECT");
         peer.Drip(AnswerOf(RowOf("1")), milliseconds(50));
       }},
      {"leaves its answer half said", Answering(kOpening + RowOf("1"))},
  };
  for (const Case& one : cases) {
    CAPTURE(one.name);
    FakeServer server(one.script);
    PgSession session(TargetAt(server));
    const Outcome outcome = Ask(session);
    CHECK_FALSE(outcome.answered);
    CHECK(outcome.kind == ErrorKind::kTimeout);
    CHECK(outcome.elapsed >= kBudget - milliseconds(5));
    CHECK(outcome.elapsed < kBudget + kGrace);
  }
}

TEST_CASE("a PostgreSQL server that fails is told at once by what it did") {
  struct Case {
    std::string name;
    FakeServer::Script script;
    ErrorKind kind;
  };
  const Case cases[] = {
      {"closes at once", [](Peer&) {}, ErrorKind::kConnect},
      {"resets at once", [](Peer& peer) { peer.Reset(); }, ErrorKind::kConnect},
      {"speaks HTTP",
       [](Peer& peer) {
         peer.Send("HTTP/1.1 400 Bad Request\r\n\r\n");
         peer.Mute();
       },
       ErrorKind::kProtocol},
      {"refuses the password",
       [](Peer& peer) {
         peer.Expect("client_encoding");
         peer.Send(Error("FATAL", "28P01", "password authentication failed"));
       },
       ErrorKind::kAuth},
      {"has no such database",
       [](Peer& peer) {
         peer.Expect("client_encoding");
         peer.Send(Error("FATAL", "3D000", "database \"shop\" does not exist"));
       },
       ErrorKind::kMissing},
      {"is cut in the middle of an answer",
       [](Peer& peer) {
         Accept(peer);
         Begin(peer);
         peer.Expect("SELECT");
         peer.Send(kOpening + RowOf("1").substr(0, 4));
       },
       ErrorKind::kConnect},
      {"resets in the middle of an answer",
       [](Peer& peer) {
         Accept(peer);
         Begin(peer);
         peer.Expect("SELECT");
         peer.Send(kOpening);
         peer.Reset();
       },
       ErrorKind::kConnect},
      {"sends a message of an impossible length", Answering("D" + Number(2)), ErrorKind::kProtocol},
      {"sends a row that was not announced", Answering(RowOf("1") + kReady), ErrorKind::kProtocol},
      {"sends a row that is cut inside",
       Answering(kOpening + Message('D', std::string("\0\1", 2) + Number(99) + "x") + kReady),
       ErrorKind::kProtocol},
      {"refuses the statement", Refusing("42P01"), ErrorKind::kMissing},
      {"refuses the right", Refusing("42501"), ErrorKind::kPermission},
      {"ends the statement for its time", Refusing("57014"), ErrorKind::kTimeout},
      {"sends more rows than allowed", Answering(AnswerOf(RowOf("1") + RowOf("2") + RowOf("3"))),
       ErrorKind::kLimit},
      {"sends a row that is too large", Answering(kOpening + RowOf(std::string(17 << 20, 'x'))),
       ErrorKind::kLimit},
  };
  for (const Case& one : cases) {
    CAPTURE(one.name);
    FakeServer server(one.script);
    PgSession session(TargetAt(server));
    const Outcome outcome = Ask(session, 2);
    CAPTURE(outcome.text);
    CHECK_FALSE(outcome.answered);
    CHECK(outcome.kind == one.kind);
    CHECK(outcome.elapsed < kBudget);
    CHECK(outcome.text.find("hush") == std::string::npos);
  }
}

TEST_CASE("a PostgreSQL session opens a connection again that its server closed meanwhile") {
  const FakeServer::Script once = [](Peer& peer) {
    Accept(peer);
    Begin(peer);
    peer.Expect("SELECT");
    peer.Send(AnswerOf(RowOf("first")));
    peer.Expect("COMMIT");
    peer.Send(kCommitted + Error("FATAL", "57P01", "terminating connection"));
  };
  FakeServer server({once, Answering(AnswerOf(RowOf("second")))});
  PgSession session(TargetAt(server));
  CHECK(Ask(session).text == "first");
  CHECK(Ask(session).text == "second");
}

TEST_CASE("a statement that PostgreSQL refused leaves the connection for the next") {
  const FakeServer::Script twice = [](Peer& peer) {
    Accept(peer);
    Begin(peer);
    peer.Expect("SELECT");
    peer.Send(Error("ERROR", "42501", "permission denied") + Message('Z', "E"));
    peer.Expect("ROLLBACK");
    peer.Send(kCommitted);
    Begin(peer);
    peer.Expect("SELECT");
    peer.Send(AnswerOf(RowOf("after")));
    peer.Expect("COMMIT");
    peer.Send(kCommitted);
    peer.Mute();
  };
  FakeServer server({twice, [](Peer& peer) { peer.Reset(); }});
  PgSession session(TargetAt(server));
  CHECK(Ask(session).kind == ErrorKind::kPermission);
  CHECK(Ask(session).text == "after");
}

TEST_CASE("after a PostgreSQL timeout the next statement has a connection of its own") {
  FakeServer server({[](Peer& peer) {
                       Accept(peer);
                       Begin(peer);
                       peer.Mute();
                     },
                     Answering(AnswerOf(RowOf("well again")))});
  PgSession session(TargetAt(server));
  CHECK(Ask(session).kind == ErrorKind::kTimeout);
  CHECK(Ask(session).text == "well again");
}

TEST_CASE("what comes before a PostgreSQL session is bounded, and the next connection is as good") {
  const std::string fields = Text("SNOTICE") + Text("VNOTICE") + Text("C00000");
  const std::string notice =
      Message('N', fields + Text("M" + std::string(std::size_t{2} << 20, 'x')) + '\0');
  FakeServer server({[&notice](Peer& peer) {
                       peer.Expect("client_encoding");
                       peer.Send(Message('R', Number(0)) + notice);
                       peer.Mute();
                     },
                     Answering(AnswerOf(RowOf("well again")))});
  PgSession session(TargetAt(server));
  const Outcome outcome = Ask(session);
  CHECK(outcome.kind == ErrorKind::kLimit);
  CHECK(outcome.text.find("more than 1 MiB before the session was ready") != std::string::npos);
  CHECK(Ask(session).text == "well again");
}

TEST_CASE("the next server of a PostgreSQL DSN is asked on a socket of its own") {
  FakeServer first([](Peer& peer) {
    peer.Expect("client_encoding");
    peer.Send(Error("FATAL", "57P03", "the database system is starting up"));
  });
  FakeServer second(Answering(AnswerOf(RowOf("from the second"))));
  const std::string hosts =
      "127.0.0.1:" + std::to_string(first.port()) + ",127.0.0.1:" + std::to_string(second.port());
  PgSession session({SecretSource::Literal("postgres://ann@" + hosts +
                                           "/shop?sslmode=disable&target_session_attrs=any"),
                     "exporter/test", kBudget});
  CHECK(Ask(session).text == "from the second");
}

}  // namespace collectors
