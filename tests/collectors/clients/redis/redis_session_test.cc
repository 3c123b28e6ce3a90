#include "collectors/clients/redis/redis_session.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/fake_server.h"
#include "tests/support/redis_target_at.h"

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
using Type = RedisReply::Type;

// How a PING ended.
struct Outcome {
  ErrorKind kind;
  std::string text;
  milliseconds elapsed;
};

Outcome Ping(RedisSession& session, milliseconds budget) {
  Watchdog watchdog;
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [start] {
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
  };
  try {
    session.Command({Deadline::After(budget), watchdog}, {"PING"});
  } catch (const CollectError& error) {
    return {error.kind(), error.what(), elapsed()};
  }
  return {ErrorKind::kInternal, "answered", elapsed()};
}

Outcome PingOf(const FakeServer::Script& script) {
  FakeServer server(script);
  RedisSession session(TargetAt(server));
  return Ping(session, milliseconds(400));
}

FakeServer::Script Answer(const std::string& bytes) {
  return [bytes](Peer& peer) {
    peer.Expect("PING\r\n");
    peer.Send(bytes);
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
  std::string deep;
  for (int i = 0; i < 20; ++i) deep += "*1\r\n";
  const Case cases[] = {
      {"mute", [](Peer& peer) { peer.Mute(); }, ErrorKind::kTimeout},
      {"drip",
       [](Peer& peer) {
         peer.Expect("PING\r\n");
         peer.Drip("$999\r\n" + std::string(999, 'x'), milliseconds(10));
       },
       ErrorKind::kTimeout},
      {"closed at once", [](Peer&) {}, ErrorKind::kConnect},
      {"reset at once", [](Peer& peer) { peer.Reset(); }, ErrorKind::kConnect},
      {"reset within a reply",
       [](Peer& peer) {
         peer.Expect("PING\r\n");
         peer.Send("$10\r\nabc");
         peer.Reset();
       },
       ErrorKind::kConnect},
      {"cut reply",
       [](Peer& peer) {
         peer.Expect("PING\r\n");
         peer.Send("*2\r\n$10\r\nabc");
       },
       ErrorKind::kConnect},
      {"never whole", Answer("*2\r\n:1\r\n"), ErrorKind::kTimeout},
      {"no permission", Answer("-NOPERM this user has no permissions\r\n"), ErrorKind::kPermission},
      {"wants a password", Answer("-NOAUTH Authentication required.\r\n"), ErrorKind::kAuth},
      {"loading", Answer("-LOADING Redis is loading the dataset in memory\r\n"),
       ErrorKind::kConnect},
      {"unknown command", Answer("-ERR unknown command 'PING'\r\n"), ErrorKind::kPermission},
      {"garbage", Answer("HTTP/1.1 400 Bad Request\r\n\r\n"), ErrorKind::kProtocol},
      {"oversized string", Answer("$16777217\r\nx"), ErrorKind::kLimit},
      {"absurd length", Answer("$99999999999999999999999\r\n"), ErrorKind::kProtocol},
      {"negative length", Answer("$-5\r\n"), ErrorKind::kProtocol},
      {"oversized array", Answer("*131073\r\n"), ErrorKind::kLimit},
      {"arrays of arrays", Answer("*100000\r\n*100000\r\n"), ErrorKind::kLimit},
      {"deep nesting", Answer(deep + ":1\r\n"), ErrorKind::kProtocol},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    const Outcome outcome = PingOf(c.script);
    CHECK(Name(outcome.kind) == Name(c.kind));
    CHECK(outcome.text != "answered");
    if (c.kind == ErrorKind::kTimeout) {
      CHECK(outcome.elapsed >= milliseconds(390));
      CHECK(outcome.elapsed < milliseconds(1500));
    } else {
      CHECK(outcome.elapsed < milliseconds(390));
    }
  }
}

TEST_CASE("an endless answer ends at its bound") {
  const Outcome outcome = PingOf([](Peer& peer) {
    peer.Expect("PING\r\n");
    while (true) peer.Send("+" + std::string(1 << 20, 'x'));
  });
  CHECK((outcome.kind == ErrorKind::kProtocol || outcome.kind == ErrorKind::kTimeout));
  CHECK(outcome.elapsed < milliseconds(3000));
}

TEST_CASE("replies of every type come back as they were sent") {
  FakeServer server(Answer("*6\r\n$2\r\nab\r\n+OK\r\n:-7\r\n*1\r\n:1\r\n$-1\r\n-ERR no\r\n"));
  RedisSession session(TargetAt(server));
  Watchdog watchdog;
  const RedisReply reply =
      session.Command({Deadline::After(milliseconds(5000)), watchdog}, {"PING"});
  REQUIRE(reply.items.size() == 6);
  const Type types[] = {Type::kString, Type::kStatus, Type::kInteger,
                        Type::kArray,  Type::kNil,    Type::kError};
  for (std::size_t i = 0; i < 6; ++i) CHECK(reply.items[i].type == types[i]);
  CHECK(reply.items[0].text == "ab");
  CHECK(reply.items[1].text == "OK");
  CHECK(reply.items[2].integer == -7);
  REQUIRE(reply.items[3].items.size() == 1);
  CHECK(reply.items[3].items[0].integer == 1);
  CHECK(reply.items[5].text == "ERR no");
}

TEST_CASE("a refused command of a pipeline costs only itself") {
  FakeServer server([](Peer& peer) {
    peer.Expect("$3\r\nTWO\r\n");
    peer.Send("-NOPERM no\r\n:2\r\n");
    peer.Mute();
  });
  RedisSession session(TargetAt(server));
  Watchdog watchdog;
  const auto replies =
      session.Pipeline({Deadline::After(milliseconds(5000)), watchdog}, {{"ONE"}, {"TWO"}});
  REQUIRE(replies.size() == 2);
  CHECK(replies[0].type == Type::kError);
  CHECK(KindOfRedisError(replies[0].text) == ErrorKind::kPermission);
  CHECK(replies[1].integer == 2);
}

TEST_CASE("a connection logs in, chooses its database and says its name") {
  FakeServer server([](Peer& peer) {
    peer.Expect("*3\r\n$4\r\nAUTH\r\n$3\r\nbob\r\n$4\r\nfile\r\n");
    peer.Expect("*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n");
    peer.Send("+OK\r\n+OK\r\n");
    peer.Expect("$7\r\nSETNAME\r\n$14\r\nexporter:cache\r\n");
    peer.Send("-ERR unknown command\r\n");
    peer.Expect("PING\r\n");
    peer.Send("+PONG\r\n");
    peer.Mute();
  });
  RedisSession session(
      {SecretSource::Literal("redis://alice:url@127.0.0.1:" + std::to_string(server.port()) + "/3"),
       "bob", SecretSource::Literal("file"), "exporter:cache"});
  CHECK(Ping(session, milliseconds(5000)).text == "answered");
}

TEST_CASE("a refused login is kind auth and does not repeat the password") {
  for (const std::string answer :
       {"-WRONGPASS invalid username-password pair\r\n", "-ERR invalid password\r\n",
        "-ERR AUTH <password> called without any password configured\r\n",
        "-ERR unknown command `AUTH`, with args beginning with: `hunter2`\r\n"}) {
    CAPTURE(answer);
    FakeServer server([answer](Peer& peer) {
      peer.Expect("hunter2\r\n");
      peer.Send(answer);
      peer.Mute();
    });
    RedisTarget target = TargetAt(server);
    target.password = SecretSource::Literal("hunter2");
    RedisSession session(target);
    const Outcome outcome = Ping(session, milliseconds(5000));
    CHECK(Name(outcome.kind) == "auth");
    CHECK(outcome.text.find("hunter2") == std::string::npos);
    CHECK(outcome.elapsed < milliseconds(2000));
  }
}

TEST_CASE("a server that turns a client away is quoted, whatever it was asked meanwhile") {
  const std::string full = "-ERR max number of clients reached\r\n";
  const std::string closed = "-DENIED Redis is running in protected mode because hunter2\r\n";
  struct Case {
    const char* name;
    FakeServer::Script script;
    std::string kind;
    std::string said;
  };
  const Case cases[] = {
      {"at once", [&](Peer& peer) { peer.Send(full); }, "connect", "ERR max number of clients"},
      {"when it is asked, and reset",
       [&](Peer& peer) {
         peer.Expect("\r\n");
         peer.Send(full);
         peer.Reset();
       },
       "connect", "ERR max number of clients"},
      {"as if it were the answer to AUTH",
       [&](Peer& peer) {
         peer.Expect("hunter2\r\n");
         peer.Send(full);
       },
       "connect", "ERR max number of clients"},
      {"in protected mode", [&](Peer& peer) { peer.Send(closed); }, "auth", "DENIED Redis is"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    FakeServer server(c.script);
    for (const bool has_password : {true, false}) {
      if (!has_password && std::string_view(c.name).find("AUTH") != std::string_view::npos)
        continue;
      RedisTarget target = TargetAt(server);
      target.client_name = "exporter:cache";
      if (has_password) target.password = SecretSource::Literal("hunter2");
      RedisSession session(target);
      const Outcome outcome = Ping(session, milliseconds(5000));
      CHECK(Name(outcome.kind) == c.kind);
      CHECK(outcome.text.find(c.said) != std::string::npos);
    }
  }
}

TEST_CASE("an error before the end of a connection is told with it") {
  FakeServer server([](Peer& peer) {
    peer.Expect("SETNAME");
    peer.Send("-ERR this proxy serves nobody today\r\n");
  });
  RedisTarget target = TargetAt(server);
  target.client_name = "exporter:cache";
  RedisSession session(target);
  const Outcome outcome = Ping(session, milliseconds(5000));
  CHECK(Name(outcome.kind) == "connect");
  CHECK(outcome.text.find("ERR this proxy serves nobody today") != std::string::npos);
}

TEST_CASE("a server that leaves after AUTH does not make us repeat the password") {
  FakeServer server([](Peer& peer) {
    peer.Expect("hunter2\r\n");
    peer.Send("-ERR unknown command `AUTH`, with args beginning with: `hunter2`\r\n");
    peer.Reset();
  });
  RedisTarget target = TargetAt(server);
  target.url = SecretSource::Literal("redis://127.0.0.1:" + std::to_string(server.port()) + "/3");
  target.password = SecretSource::Literal("hunter2");
  RedisSession session(target);
  const Outcome outcome = Ping(session, milliseconds(5000));
  CHECK(outcome.text != "answered");
  CHECK(outcome.text.find("hunter2") == std::string::npos);
}

TEST_CASE("a session opens a new connection after a failure") {
  FakeServer server({[](Peer& peer) {
                       peer.Expect("PING\r\n");
                       peer.Send("garbage\r\n");
                       peer.Mute();
                     },
                     Answer("+PONG\r\n")});
  RedisSession session(TargetAt(server));
  CHECK(Name(Ping(session, milliseconds(5000)).kind) == "protocol");
  CHECK(Ping(session, milliseconds(5000)).text == "answered");
  CHECK(Ping(session, milliseconds(200)).kind == ErrorKind::kTimeout);  // On the kept connection.
}

TEST_CASE("a kept connection that the server closed meanwhile is no failure") {
  const auto once = [](Peer& peer) {
    peer.Expect("PING\r\n");
    peer.Send("+PONG\r\n");
  };
  FakeServer server(once);
  RedisSession session(TargetAt(server));
  for (int i = 0; i < 3; ++i) CHECK(Ping(session, milliseconds(5000)).text == "answered");
}

TEST_CASE("what came unasked is never taken for an answer") {
  FakeServer server({Answer("+PONG\r\n+STALE\r\n"), Answer("+PONG\r\n")});
  RedisSession session(TargetAt(server));
  CHECK(Ping(session, milliseconds(5000)).text == "answered");
  CHECK(Name(Ping(session, milliseconds(5000)).kind) == "protocol");
  CHECK(Ping(session, milliseconds(5000)).text == "answered");
}

TEST_CASE("the end of the program ends a wait long before its deadline") {
  FakeServer server([](Peer& peer) { peer.Mute(); });
  RedisSession session(TargetAt(server));
  Watchdog watchdog;
  watchdog.ExpireAll();
  const auto start = std::chrono::steady_clock::now();
  try {
    session.Command({Deadline::After(milliseconds(30000)), watchdog}, {"PING"});
    FAIL("answered");
  } catch (const CollectError& error) {
    CHECK(Name(error.kind()) == "connect");
  }
  CHECK(std::chrono::steady_clock::now() - start < milliseconds(3000));
}

TEST_CASE("a URL or a secret's file that is no good is a failure to connect") {
  for (const SecretSource& url :
       {SecretSource::Literal("http://:hunter2@h"), SecretSource::File("/nowhere/at/all")}) {
    RedisSession session({url, "", SecretSource(), ""});
    const Outcome outcome = Ping(session, milliseconds(5000));
    CHECK(Name(outcome.kind) == "connect");
    CHECK(outcome.text.find("hunter2") == std::string::npos);
  }
}

}  // namespace collectors
