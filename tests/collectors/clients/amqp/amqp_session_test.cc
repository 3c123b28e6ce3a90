#include "collectors/clients/amqp/amqp_session.h"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "tests/support/amqp_calls.h"
#include "tests/support/amqp_wire.h"
#include "tests/support/fake_server.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using exporter::SecretSource;
using exporter::Watchdog;
using std::chrono::milliseconds;
using testing::FakeServer;
using Peer = FakeServer::Peer;
namespace amqp = testing::amqp;

Outcome DeclareAt(const FakeServer::Script& script) {
  FakeServer server(script);
  AmqpSession session(TargetAt(server));
  Outcome outcome = Declare(session);
  CHECK(outcome.text.find("127.0.0.1:" + std::to_string(server.port())) != std::string::npos);
  return outcome;
}

// Sends `bytes` as the answer to the first passive declare.
FakeServer::Script Answer(const std::string& bytes) {
  return [bytes](Peer& peer) {
    amqp::LetIn(peer);
    amqp::OpenChannel(peer, 1);
    peer.Expect(amqp::Id(AMQP_QUEUE_DECLARE_METHOD));
    peer.Send(bytes);
    peer.Mute();
  };
}

FakeServer::Script CloseAtLogIn(std::uint16_t code, const std::string& text) {
  return [code, text](Peer& peer) {
    peer.Expect(kAmqpGreeting);
    peer.Send(amqp::Start());
    peer.Expect(amqp::Id(AMQP_CONNECTION_START_OK_METHOD));
    peer.Send(amqp::CloseConnection(code, text));
    peer.Mute();
  };
}

FakeServer::Script CloseAtOpen(std::uint16_t code, const std::string& text) {
  return [code, text](Peer& peer) {
    peer.Expect(kAmqpGreeting);
    peer.Send(amqp::Start());
    peer.Expect(amqp::Id(AMQP_CONNECTION_START_OK_METHOD));
    peer.Send(amqp::Tune());
    peer.Expect(amqp::Id(AMQP_CONNECTION_OPEN_METHOD));
    peer.Send(amqp::CloseConnection(code, text));
    peer.Mute();
  };
}

}  // namespace

TEST_CASE("every way a server can fail has its kind, and ends by the deadline") {
  struct Case {
    const char* name;
    FakeServer::Script script;
    ErrorKind kind;
  };
  const std::string declared = amqp::DeclareOk(1, "jobs", 3, 1);
  amqp_connection_blocked_t blocked = {};
  blocked.reason = AmqpBytes("low on memory");
  const Case cases[] = {
      {"mute", [](Peer& peer) { peer.Mute(); }, ErrorKind::kTimeout},
      {"closes at once", [](Peer&) {}, ErrorKind::kConnect},
      {"resets", [](Peer& peer) { peer.Reset(); }, ErrorKind::kConnect},
      {"another version",
       [](Peer& peer) {
         peer.Send(kAmqpGreeting);
         peer.Mute();
       },
       ErrorKind::kProtocol},
      {"HTTP",
       [](Peer& peer) {
         peer.Send("HTTP/1.1 400 Bad Request\r\n\r\n");
         peer.Mute();
       },
       ErrorKind::kProtocol},
      {"no PLAIN",
       [](Peer& peer) {
         peer.Send(amqp::Start("EXTERNAL PLAINER"));
         peer.Mute();
       },
       ErrorKind::kAuth},
      {"closes instead of tuning",
       [](Peer& peer) {
         peer.Send(amqp::Start());
         peer.Expect(amqp::Id(AMQP_CONNECTION_START_OK_METHOD));
       },
       ErrorKind::kConnect},
      {"frames too small",
       [](Peer& peer) {
         peer.Send(amqp::Start() + amqp::Tune(1024));
         peer.Mute();
       },
       ErrorKind::kProtocol},
      {"mute before the virtual host",
       [](Peer& peer) {
         peer.Send(amqp::Start() + amqp::Tune());
         peer.Mute();
       },
       ErrorKind::kTimeout},
      {"wrong password", CloseAtLogIn(403, "ACCESS_REFUSED - Login was refused"), ErrorKind::kAuth},
      {"stops at login", CloseAtLogIn(320, "CONNECTION_FORCED"), ErrorKind::kConnect},
      {"unknown virtual host", CloseAtOpen(530, "NOT_ALLOWED - vhost shop not found"),
       ErrorKind::kMissing},
      {"refused virtual host",
       CloseAtOpen(530, "NOT_ALLOWED - access to vhost 'shop' refused for user 'app'"),
       ErrorKind::kPermission},
      {"too many connections",
       CloseAtOpen(530,
                   "NOT_ALLOWED - access to vhost 'shop' refused for user 'app': connection "
                   "limit (5) is reached"),
       ErrorKind::kConnect},
      {"virtual host down", CloseAtOpen(541, "INTERNAL_ERROR - access to vhost 'shop' is down"),
       ErrorKind::kConnect},
      {"mute after the question", Answer(""), ErrorKind::kTimeout},
      {"half a frame", Answer(declared.substr(0, declared.size() / 2)), ErrorKind::kTimeout},
      {"cut in mid-frame",
       [&](Peer& peer) {
         amqp::LetIn(peer);
         amqp::OpenChannel(peer, 1);
         peer.Send(declared.substr(0, declared.size() - 3));
       },
       ErrorKind::kConnect},
      {"drip",
       [&](Peer& peer) {
         amqp::LetIn(peer);
         amqp::OpenChannel(peer, 1);
         peer.Drip(declared, milliseconds(50));
       },
       ErrorKind::kTimeout},
      {"heartbeats alone",
       [](Peer& peer) {
         amqp::LetIn(peer);
         while (true) peer.Drip(AmqpHeartbeatFrame(), milliseconds(1));
       },
       ErrorKind::kTimeout},
      {"garbage", Answer("\x09 is no sort of frame"), ErrorKind::kProtocol},
      {"a frame larger than agreed on",
       [](Peer& peer) {
         amqp::LetIn(peer, 4096);
         amqp::OpenChannel(peer, 1);
         peer.Send(std::string("\x01\0\x01\0\0\x10\0", 7));
         peer.Mute();
       },
       ErrorKind::kProtocol},
      {"an answer to another question", Answer(amqp::Say(1, AMQP_QUEUE_BIND_OK_METHOD)),
       ErrorKind::kProtocol},
      {"an answer on another channel", Answer(amqp::DeclareOk(2, "jobs", 3, 1)),
       ErrorKind::kProtocol},
      {"a channel that nobody opened", Answer(amqp::CloseChannel(9, 404, "NOT_FOUND")),
       ErrorKind::kProtocol},
      {"a message that nobody asked for", Answer(amqp::Delivery({{}, "{}"})), ErrorKind::kProtocol},
      {"stops", Answer(amqp::CloseConnection(320, "CONNECTION_FORCED - stopping")),
       ErrorKind::kConnect},
      {"finds a fault of ours", Answer(amqp::CloseConnection(503, "COMMAND_INVALID")),
       ErrorKind::kProtocol},
      {"unknown queue", Answer(amqp::CloseChannel(1, 404, "NOT_FOUND - no queue 'jobs'")),
       ErrorKind::kMissing},
      {"refused queue", Answer(amqp::CloseChannel(1, 403, "ACCESS_REFUSED - ...")),
       ErrorKind::kPermission},
      {"another's queue", Answer(amqp::CloseChannel(1, 405, "RESOURCE_LOCKED - ...")),
       ErrorKind::kPermission},
      {"another sort of queue", Answer(amqp::CloseChannel(1, 406, "PRECONDITION_FAILED - ...")),
       ErrorKind::kQuery},
      {"all in order, heartbeats and news in between",
       Answer(AmqpHeartbeatFrame() + amqp::Say(0, AMQP_CONNECTION_BLOCKED_METHOD, blocked) +
              amqp::Say(0, AMQP_CONNECTION_UNBLOCKED_METHOD) + declared),
       ErrorKind::kInternal},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    FakeServer server(c.script);
    AmqpSession session(TargetAt(server));
    const Outcome outcome = Declare(session);
    CAPTURE(outcome.text);
    CHECK(outcome.kind == c.kind);
    CHECK(outcome.elapsed < milliseconds(800));
    CHECK(outcome.text.find("hunter2") == std::string::npos);
    if (c.kind != ErrorKind::kInternal) {
      CHECK(outcome.text.starts_with("127.0.0.1:" + std::to_string(server.port()) + ": "));
    }
  }
}

TEST_CASE("a passive declare tells the messages and the consumers") {
  FakeServer server(Answer(amqp::DeclareOk(1, "jobs", 3, 2)));
  AmqpSession session(TargetAt(server));
  Watchdog watchdog;
  const auto queue =
      std::get<AmqpQueue>(session.PassiveDeclareAll(Within(5000, watchdog), {"jobs"}).front());
  CHECK(queue.messages == 3);
  CHECK(queue.consumers == 2);
}

TEST_CASE("the server's text is shown short, in printable ASCII") {
  const std::string text = "NOT_FOUND\x01\n\xC3\xA9" + std::string(250, 'x');
  const Outcome outcome = DeclareAt(Answer(amqp::CloseChannel(1, 404, text.substr(0, 255))));
  CHECK(outcome.text.find("404 NOT_FOUND????xxx") != std::string::npos);
  CHECK(outcome.text.size() < 230);
}

TEST_CASE("what the server says of a refused password is not repeated") {
  const Outcome outcome = DeclareAt(CloseAtLogIn(403, "no user app with password hunter2"));
  CHECK(outcome.kind == ErrorKind::kAuth);
  CHECK(outcome.text.find("hunter2") == std::string::npos);
}

TEST_CASE("the client says who it is and what it can, and asks for what it is given") {
  FakeServer server([](Peer& peer) {
    peer.Send(amqp::Start());
    peer.Expect("sidecar-exporter");
    peer.Expect("exporter:jobs");
    peer.Expect("authentication_failure_close");
    peer.Expect("consumer_cancel_notify");
    peer.Expect("connection.blocked");
    peer.Expect("PLAIN");
    peer.Expect(std::string("\0app2\0s3cret", 12));
    peer.Send(amqp::Tune());
    peer.Expect(std::string("my/shop"));
    peer.Send(amqp::OpenOk());
    amqp::OpenChannel(peer, 1);
    peer.Send(amqp::DeclareOk(1, "jobs", 0, 0));
    peer.Mute();
  });
  AmqpTarget target = TargetAt(server);
  target.url = SecretSource::Literal(target.url.Load().Reveal() + "/my%2Fshop");
  target.user = "app2";
  target.password = SecretSource::Literal("s3cret");
  AmqpSession session(target);
  CHECK(Declare(session).text == "no failure");
}

TEST_CASE("many queues are asked for in one go, and again from behind each refusal") {
  FakeServer server([](Peer& peer) {
    amqp::LetIn(peer);
    amqp::OpenChannel(peer, 1);
    for (const char* queue : {"a", "b", "c", "d"}) peer.Expect(std::string("\x01") + queue);
    peer.Send(amqp::DeclareOk(1, "a", 1, 0) + amqp::CloseChannel(1, 404, "NOT_FOUND - b"));
    peer.Expect(amqp::Id(AMQP_CHANNEL_CLOSE_OK_METHOD));
    amqp::OpenChannel(peer, 1);
    for (const char* queue : {"c", "d"}) peer.Expect(std::string("\x01") + queue);
    peer.Send(amqp::DeclareOk(1, "c", 3, 0) + amqp::DeclareOk(1, "d", 4, 0));
    peer.Expect(
        "\x01"
        "e");
    peer.Send(amqp::DeclareOk(1, "e", 5, 0));
    amqp::Part(peer);
  });
  AmqpSession session(TargetAt(server));
  Watchdog watchdog;
  const std::vector<AmqpQueueAnswer> answers =
      session.PassiveDeclareAll({Deadline::After(std::chrono::seconds(5)), watchdog},
                                {"a", "b", "c", "d", std::string(256, 'x'), "e"});
  REQUIRE(answers.size() == 6);
  for (const auto& [index, messages] : {std::pair{0, 1}, {2, 3}, {3, 4}, {5, 5}}) {
    REQUIRE(std::holds_alternative<AmqpQueue>(answers[static_cast<std::size_t>(index)]));
    CHECK(std::get<AmqpQueue>(answers[static_cast<std::size_t>(index)]).messages == messages);
  }
  for (const std::size_t index : {1, 4}) {
    REQUIRE(std::holds_alternative<CollectError>(answers[index]));
    CHECK(std::get<CollectError>(answers[index]).kind() == ErrorKind::kMissing);
  }
  CHECK(session.connections() == 1);
}

TEST_CASE("a refusal leaves the session alive") {
  FakeServer server([](Peer& peer) {
    amqp::LetIn(peer);
    amqp::OpenChannel(peer, 1);
    peer.Expect(amqp::Id(AMQP_QUEUE_DECLARE_METHOD));
    peer.Send(amqp::CloseChannel(1, 404, "NOT_FOUND"));
    peer.Expect(amqp::Id(AMQP_CHANNEL_CLOSE_OK_METHOD));
    amqp::OpenChannel(peer, 1);
    peer.Expect(amqp::Id(AMQP_EXCHANGE_DECLARE_METHOD));
    peer.Send(amqp::CloseChannel(1, 404, "NOT_FOUND - no exchange"));
    amqp::OpenChannel(peer, 1);
    peer.Expect(amqp::Id(AMQP_QUEUE_DECLARE_METHOD));
    peer.Send(amqp::DeclareOk(1, "jobs", 1, 0));
    amqp::Part(peer);
  });
  AmqpSession session(TargetAt(server));
  CHECK(Declare(session).kind == ErrorKind::kMissing);
  CHECK(Try(milliseconds(400), [&](const CollectContext& context) {
          session.CheckExchange(context, "celeryev");
        }).kind == ErrorKind::kMissing);
  CHECK(Declare(session).text == "no failure");
  CHECK(session.connections() == 1);
}

TEST_CASE("a kept connection that broke meanwhile is opened again, once") {
  const auto answers_once = [](Peer& peer) {
    amqp::LetIn(peer);
    amqp::OpenChannel(peer, 1);
    peer.Expect(amqp::Id(AMQP_QUEUE_DECLARE_METHOD));
    peer.Send(amqp::DeclareOk(1, "jobs", 1, 0));
  };
  const auto says_goodbye = [&](Peer& peer) {
    answers_once(peer);
    peer.Send(amqp::CloseConnection(320, "CONNECTION_FORCED - stopping"));
    peer.Mute();
  };
  FakeServer server({answers_once, says_goodbye, answers_once, [](Peer&) {}});
  AmqpSession session(TargetAt(server));
  for (int i = 1; i <= 3; ++i) {
    CHECK(Declare(session).text == "no failure");
    CHECK(session.connections() == static_cast<std::uint64_t>(i));
  }
  CHECK(Declare(session).kind == ErrorKind::kConnect);
}

TEST_CASE("why the server closed the connection is told though it hears no answer") {
  FakeServer server([](Peer& peer) {
    amqp::LetIn(peer);
    amqp::OpenChannel(peer, 1);
    peer.Expect(amqp::Id(AMQP_QUEUE_DECLARE_METHOD));
    peer.Send(amqp::DeclareOk(1, "jobs", 1, 0) +
              amqp::CloseConnection(503, "COMMAND_INVALID - a fault of ours"));
    peer.Reset();
  });
  AmqpSession session(TargetAt(server));
  CHECK(Declare(session).text == "no failure");
  std::this_thread::sleep_for(milliseconds(50));  // For the reset, which nothing signals.
  const Outcome outcome = Declare(session);
  CHECK(outcome.kind == ErrorKind::kProtocol);
  CHECK(outcome.text.find("503 COMMAND_INVALID") != std::string::npos);
}

TEST_CASE("a URL that cannot be read is no connection, and is not shown") {
  AmqpSession session({SecretSource::Literal("amqp://u:hunter2@h:0"), "", SecretSource(), ""});
  const Outcome outcome = Declare(session);
  CHECK(outcome.kind == ErrorKind::kConnect);
  CHECK(outcome.text.find("port") != std::string::npos);
  CHECK(outcome.text.find("hunter2") == std::string::npos);
}

}  // namespace collectors
