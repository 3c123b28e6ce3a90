#include "collectors/queue/queue_discovery.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/support/fake_server.h"
#include "tests/support/queue_answers.h"

namespace collectors {
namespace {

using exporter::Reading;
using exporter::SteadyTime;
using std::chrono::milliseconds;
using std::chrono::minutes;
using testing::FakeServer;
using Peer = FakeServer::Peer;

// Answers each step of SCAN.
FakeServer::Script AnswerScans(const std::string& reply) {
  return [reply](Peer& peer) {
    peer.Expect("exporter:jobs\r\n");
    peer.Send("+OK\r\n");
    for (;;) {
      peer.Expect("SCAN\r\n");
      peer.Send(reply);
    }
  };
}

QueueRealm RealmOf(std::string_view name) {
  const QueueSystem& system = queue_answers::System(name);
  return {&system, std::string(system.prefix)};
}

struct Run {
  explicit Run(FakeServer& server, std::vector<QueueRealm> realms)
      : session(
            {exporter::SecretSource::Literal("redis://127.0.0.1:" + std::to_string(server.port())),
             "", exporter::SecretSource(), "exporter:jobs"}),
        discovery(std::move(realms), minutes(1)) {}

  Reading Step(SteadyTime now) {
    Reading reading;
    discovery.Step({exporter::Deadline::After(milliseconds(5000)), watchdog}, session, now,
                   reading);
    return reading;
  }

  std::vector<std::string> Queues() const {
    std::vector<std::string> queues;
    for (const auto& found : discovery.queues()) queues.push_back(found.queue);
    return queues;
  }

  exporter::Watchdog watchdog;
  RedisSession session;
  QueueDiscovery discovery;
};

const SteadyTime kStart{std::chrono::hours(1)};

}  // namespace

TEST_CASE("a look-up that does not end keeps no other system's queues from being found") {
  FakeServer server(AnswerScans("*2\r\n$1\r\n1\r\n*1\r\n$19\r\ndramatiq:mails.msgs\r\n"));
  Run run(server, {RealmOf("bullmq"), RealmOf("dramatiq")});
  CHECK(run.Step(kStart).problems.empty());
  CHECK(run.Queues() == std::vector<std::string>{"mails"});
}

TEST_CASE("a look-up that is refused is a problem once, and stands until it is due again") {
  FakeServer server(AnswerScans("-NOPERM no\r\n"));
  Run run(server, {RealmOf("dramatiq")});
  const Reading first = run.Step(kStart);
  REQUIRE(first.problems.size() == 1);
  CHECK(Name(first.problems[0].kind()) == "permission");
  CHECK(first.problems[0].part() == "discovery of dramatiq");
  const Reading second = run.Step(kStart + std::chrono::seconds(59));
  CHECK(second.problems.empty());
  CHECK(second.standing.size() == 1);
  CHECK(run.Step(kStart + minutes(1)).problems.size() == 1);
}

TEST_CASE("a queue that left no trace is kept for a day") {
  const std::string empty = "*2\r\n$1\r\n0\r\n*0\r\n";
  FakeServer server([&](Peer& peer) {
    peer.Expect("exporter:jobs\r\n");
    peer.Send("+OK\r\n");
    peer.Expect("SCAN\r\n");
    peer.Send("*2\r\n$1\r\n0\r\n*1\r\n$19\r\ndramatiq:mails.msgs\r\n");
    for (;;) {
      peer.Expect("SCAN\r\n");
      peer.Send(empty);
    }
  });
  Run run(server, {RealmOf("dramatiq")});
  run.Step(kStart);
  run.Step(kStart + std::chrono::hours(24));
  CHECK(run.Queues().size() == 1);
  run.Step(kStart + std::chrono::hours(25));
  CHECK(run.Queues().empty());
}

}  // namespace collectors
