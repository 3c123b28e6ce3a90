#include "collectors/clients/postgres/pgbouncer_console.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "tests/support/fake_server.h"
#include "tests/support/pg_wire.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using exporter::SecretSource;
using exporter::Watchdog;
using std::chrono::milliseconds;
using testing::FakeServer;
using testing::PgColumn;
using testing::PgEnd;
using testing::PgError;
using testing::PgReady;
using testing::PgRow;
using testing::PgWelcome;
using Peer = FakeServer::Peer;

constexpr milliseconds kBudget(400);
constexpr milliseconds kGrace(250);

void Accept(Peer& peer) {
  peer.Expect("client_encoding");
  peer.Expect(std::string("\0\0", 2));
  peer.Send(PgWelcome());
}

void Answer(Peer& peer, const std::string& question, const std::string& bytes) {
  peer.Expect("Q");  // A question of the simple protocol.
  peer.Expect(question + '\0');
  peer.Send(bytes);
}

const std::string kVersion = PgColumn("version") + PgRow("PgBouncer 1.18.0") + PgEnd();

// A console without faults that answers the question with `bytes`.
FakeServer::Script Answering(const std::string& bytes) {
  return [bytes](Peer& peer) {
    Accept(peer);
    Answer(peer, "SHOW VERSION", bytes);
    peer.Mute();
  };
}

FakeServer::Script RefusingLogin(const std::string& text) {
  return [text](Peer& peer) {
    peer.Expect("client_encoding");
    peer.Send(PgError("FATAL", "08P01", text));
  };
}

SqlTarget TargetAt(const FakeServer& server) {
  return {SecretSource::Literal("postgres://stats:hush@127.0.0.1:" + std::to_string(server.port()) +
                                "?sslmode=disable"),
          "exporter/test", kBudget};
}

struct Outcome {
  bool answered;
  ErrorKind kind;
  std::string text;  // The first cell, or the error.
  milliseconds elapsed;
};

Outcome Ask(PgBouncerConsole& console, milliseconds budget = kBudget) {
  Watchdog watchdog;
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [start] {
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
  };
  try {
    const Rows rows = console.Show({Deadline::After(budget), watchdog}, "VERSION");
    return {true, ErrorKind::kInternal, rows.cells.at(0).at(0).value_or("NULL"), elapsed()};
  } catch (const CollectError& error) {
    return {false, error.kind(), error.what(), elapsed()};
  }
}

Outcome AskOnce(const FakeServer& server, milliseconds budget = kBudget) {
  PgBouncerConsole console(TargetAt(server));
  return Ask(console, budget);
}

}  // namespace

TEST_CASE("a PgBouncer that hangs costs its deadline and no more") {
  const FakeServer::Script kScripts[] = {
      [](Peer& peer) { peer.Mute(); },
      [](Peer& peer) { peer.Drip(PgWelcome(), milliseconds(50)); },
      [](Peer& peer) {
        Accept(peer);
        peer.Mute();
      },
      [](Peer& peer) {
        Accept(peer);
        peer.Expect("SHOW");
        peer.Drip(kVersion, milliseconds(50));
      },
      Answering(PgColumn("version") + PgRow("PgBouncer")),
  };
  for (const auto& script : kScripts) {
    FakeServer server(script);
    const Outcome outcome = AskOnce(server);
    CHECK_FALSE(outcome.answered);
    CHECK(outcome.kind == ErrorKind::kTimeout);
    CHECK(outcome.elapsed >= kBudget - milliseconds(5));
    CHECK(outcome.elapsed < kBudget + kGrace);
  }
}

TEST_CASE("what PgBouncer refuses is told by its words, since its SQLSTATE is always one") {
  struct Case {
    FakeServer::Script script;
    ErrorKind kind;
  };
  const auto refusing = [](const std::string& text) {
    return Answering(PgError("ERROR", "08P01", text) + PgReady());
  };
  const Case kCases[] = {
      {RefusingLogin("password authentication failed"), ErrorKind::kAuth},
      {RefusingLogin("no such user"), ErrorKind::kAuth},
      {RefusingLogin("not allowed"), ErrorKind::kPermission},
      {RefusingLogin("no more connections allowed (max_client_conn)"), ErrorKind::kConnect},
      {refusing("admin access needed"), ErrorKind::kPermission},
      {refusing("invalid command 'SHOW VERSION', use SHOW HELP;"), ErrorKind::kMissing},
      {refusing("bad console state"), ErrorKind::kQuery},
  };
  for (const auto& [script, kind] : kCases) {
    FakeServer server(script);
    const Outcome outcome = AskOnce(server);
    CAPTURE(outcome.text);
    CHECK_FALSE(outcome.answered);
    CHECK(outcome.kind == kind);
    CHECK(outcome.elapsed < kBudget);
    CHECK(outcome.text.find("hush") == std::string::npos);
  }
}

TEST_CASE("a refusal leaves the connection as it is") {
  FakeServer server([](Peer& peer) {
    Accept(peer);
    Answer(peer, "SHOW VERSION", PgError("ERROR", "08P01", "admin access needed") + PgReady());
    Answer(peer, "SHOW VERSION", kVersion);
    peer.Mute();
  });
  PgBouncerConsole console(TargetAt(server));
  CHECK(Ask(console).kind == ErrorKind::kPermission);
  CHECK(Ask(console).text == "PgBouncer 1.18.0");
}

TEST_CASE("a kept connection that is dead is opened again, once") {
  std::atomic<int> connections = 0;
  const auto answers_once = [&](Peer& peer) {
    ++connections;
    Accept(peer);
    Answer(peer, "SHOW VERSION", kVersion);
  };
  const auto dies = [&](Peer& peer) {
    ++connections;
    peer.Reset();
  };
  FakeServer server({answers_once, answers_once, dies});
  PgBouncerConsole console(TargetAt(server));
  CHECK(Ask(console).answered);
  CHECK(Ask(console).answered);
  CHECK(Ask(console).kind == ErrorKind::kConnect);
  CHECK(connections == 3);
  CHECK(Ask(console).kind == ErrorKind::kConnect);
  CHECK(connections == 4);
}

TEST_CASE("an answer without end is cut off") {
  FakeServer server([](Peer& peer) {
    Accept(peer);
    peer.Expect("SHOW");
    peer.Send(PgColumn("version"));
    std::string rows;
    for (int n = 0; n < 1000; ++n) rows += PgRow("x");
    for (;;) peer.Send(rows);
  });
  const Outcome outcome = AskOnce(server, milliseconds(5000));
  CHECK(outcome.kind == ErrorKind::kLimit);
  CHECK(outcome.text == "the query has more than 100000 rows");
}

TEST_CASE("a DSN in a file that comes late, or leads elsewhere, is told when it is needed") {
  PgBouncerConsole console(SqlTarget{SecretSource::File("no such file"), "exporter/test", kBudget});
  CHECK(Ask(console).kind == ErrorKind::kConnect);
  PgBouncerConsole other(SqlTarget{SecretSource::Literal("postgres://stats@127.0.0.1:1/shop"),
                                   "exporter/test", kBudget});
  const Outcome outcome = Ask(other);
  CHECK(outcome.kind == ErrorKind::kConnect);
  CHECK(outcome.text.find("the database pgbouncer") != std::string::npos);
}

}  // namespace collectors
