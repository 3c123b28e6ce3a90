#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>

#include "collectors/clients/mysql/mysql_session.h"
#include "tests/support/fake_server.h"
#include "tests/support/mysql_wire.h"

namespace collectors {

using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using exporter::SecretSource;
using exporter::Watchdog;
using std::chrono::milliseconds;
using testing::FakeServer;
using namespace mysql_wire;

namespace {

// A server that works on the statement for `time`. `end` is the next statement that it expects.
FakeServer::Script Thinking(milliseconds time, const char* end) {
  return [time, end](FakeServer::Peer& peer) {
    peer.Send(Greeting());
    peer.Expect(Text("ann"));
    peer.Expect(Text("mysql_native_password"));
    peer.Send(Ok(2));
    for (const char* command : {"SET SESSION", "START TRANSACTION"}) {
      peer.Expect(command);
      peer.Send(Ok(1));
    }
    peer.Expect("SELECT");
    std::this_thread::sleep_for(time);
    peer.Send(Packet(1, "\1") + Column(2) + End(3) + RowOf(4, "one") + End(5));
    peer.Expect(end);
    peer.Send(Ok(1));
    peer.Mute();
  };
}

Rows Ask(const FakeServer& server, const std::string& statement) {
  constexpr milliseconds kBudget(600);
  Watchdog watchdog;
  MysqlSession session({SecretSource::Literal("mysql://ann:hush@127.0.0.1:" +
                                              std::to_string(server.port()) + "/shop"),
                        "exporter/test", kBudget});
  return session.Query({Deadline::After(kBudget), watchdog}, {statement, {}, 10});
}

}  // namespace

// The session's time is 600 ms; the server's limit is 400 ms.
TEST_CASE("a SLEEP that MySQL answers when the statement's time is over is no answer") {
  FakeServer server(Thinking(milliseconds(450), "ROLLBACK"));
  try {
    Ask(server, "SELECT sleep(9)");
    FAIL("answered");
  } catch (const CollectError& error) {
    CHECK(error.kind() == ErrorKind::kTimeout);
    CHECK(std::string(error.what()).find("may be cut off") != std::string::npos);
  }
}

TEST_CASE("a SLEEP that MySQL answers in time, and any other late answer, is one") {
  FakeServer quick(Thinking(milliseconds(100), "COMMIT"));
  CHECK(Ask(quick, "SELECT sleep(0.1)").cells.at(0).at(0) == "one");
  FakeServer slow(Thinking(milliseconds(450), "COMMIT"));
  CHECK(Ask(slow, "SELECT a").cells.at(0).at(0) == "one");
}

}  // namespace collectors
