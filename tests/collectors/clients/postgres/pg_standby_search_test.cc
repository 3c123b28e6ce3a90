// A PgSession that prefers a standby, against scripted servers. The test of a real promotion is
// tests/integration/test_postgres_promotion.py.

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "collectors/clients/postgres/pg_session.h"
#include "tests/support/fake_server.h"
#include "tests/support/pg_wire.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::Deadline;
using exporter::SecretSource;
using exporter::Watchdog;
using std::chrono::milliseconds;
using testing::FakeServer;
using testing::PgColumn;
using testing::PgMessage;
using testing::PgNumber;
using testing::PgReady;
using testing::PgRow;
using testing::PgText;
using Peer = FakeServer::Peer;

constexpr milliseconds kBudget(2000);

std::string Status(const std::string& name, const std::string& value) {
  return PgMessage('S', PgText(name) + PgText(value));
}

void Accept(Peer& peer, bool in_recovery) {
  peer.Expect("client_encoding");
  peer.Expect(std::string("\0\0", 2));
  peer.Send(PgMessage('R', PgNumber(0)) + Status("server_version", "15.2") +
            Status("in_hot_standby", in_recovery ? "on" : "off") +
            Status("default_transaction_read_only", "off") + PgReady());
}

// Two columns and one row.
std::string RoleRow(bool in_recovery) {
  const std::string column = PgText("a") + std::string(6, '\0') + PgNumber(25) +
                             std::string("\xff\xff\xff\xff\xff\xff\0\0", 8);
  const auto cell = [](const std::string& text) {
    return PgNumber(static_cast<std::uint32_t>(text.size())) + text;
  };
  return PgMessage('T', std::string("\0\2", 2) + column + column) +
         PgMessage('D', std::string("\0\2", 2) + cell(in_recovery ? "t" : "f") + cell("off"));
}

void Begin(Peer& peer, bool in_recovery) {
  peer.Expect("BEGIN");
  peer.Expect(std::string(1, '\0'));  // The end of the message.
  peer.Send(PgMessage('C', PgText("BEGIN")) + RoleRow(in_recovery) +
            PgMessage('C', PgText("SELECT 1")) + PgMessage('Z', "T"));
}

void Answer(Peer& peer, const std::string& cell) {
  peer.Expect("SELECT a");
  peer.Send(PgMessage('1', "") + PgMessage('2', "") + PgColumn("a") + PgRow(cell) +
            PgMessage('C', PgText("SELECT 1")) + PgMessage('Z', "T"));
  peer.Expect("COMMIT");
  peer.Send(PgMessage('C', PgText("COMMIT")) + PgReady());
}

void BeStarting(Peer& peer) {
  peer.Expect("client_encoding");
  peer.Send(testing::PgError("FATAL", "57P03", "the database system is starting up"));
}

void BeLookedAt(Peer& peer) {
  Accept(peer, false);
  peer.Mute();
}

// libpq searches for a standby first, then accepts any server.
std::vector<FakeServer::Script> Primary(bool is_left) {
  return {BeLookedAt, [is_left](Peer& peer) {
            Accept(peer, false);
            Begin(peer, false);
            peer.Expect("ROLLBACK");
            peer.Send(PgMessage('C', PgText("ROLLBACK")) + PgReady());
            if (is_left) peer.Mute();
            Begin(peer, false);
            Answer(peer, "of the primary");
            peer.Mute();
          }};
}

std::optional<std::string> Ask(const FakeServer& first, const FakeServer& second) {
  const std::string ports = std::to_string(first.port()) + "," + std::to_string(second.port());
  SqlTarget target{SecretSource::Literal("host=127.0.0.1,127.0.0.1 port=" + ports +
                                         " user=ann sslmode=disable"
                                         " target_session_attrs=prefer-standby"),
                   "exporter/test", kBudget};
  target.standby_search = milliseconds(0);
  PgSession session(std::move(target));
  Watchdog watchdog;
  return session.Query({Deadline::After(kBudget), watchdog}, {"SELECT a", {}, 10})
      .cells.at(0)
      .at(0);
}

}  // namespace

TEST_CASE("a session that prefers a standby moves to one that comes up") {
  FakeServer standby({BeStarting, BeStarting, [](Peer& peer) {
                        Accept(peer, true);
                        peer.Expect("SELECT pg_catalog.pg_is_in_recovery()");
                        peer.Send(RoleRow(true) + PgMessage('C', PgText("SELECT 1")) + PgReady());
                        Begin(peer, true);
                        Answer(peer, "of the standby");
                        peer.Mute();
                      }});
  FakeServer primary(Primary(true));
  CHECK(Ask(standby, primary) == "of the standby");
}

TEST_CASE("a search for a standby that hangs costs little time and not the session") {
  FakeServer hangs({BeStarting, BeStarting, [](Peer& peer) { peer.Mute(); }});
  FakeServer primary(Primary(false));
  const auto start = std::chrono::steady_clock::now();
  CHECK(Ask(hangs, primary) == "of the primary");
  CHECK(std::chrono::steady_clock::now() - start < kBudget);
}

}  // namespace collectors
