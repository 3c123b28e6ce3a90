#include "collectors/clients/http/http_session.h"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <vector>

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

HttpTarget TargetAt(const FakeServer& server) {
  HttpTarget target;
  target.endpoint =
      ParseHttpUrl("http://reader:hunter2@127.0.0.1:" + std::to_string(server.port()));
  target.client_name = "exporter:jobs";
  return target;
}

// How a GET ended.
struct Outcome {
  ErrorKind kind;
  std::string text;
  milliseconds elapsed;
};

Outcome Get(HttpSession& session, milliseconds budget) {
  Watchdog watchdog;
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [start] {
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
  };
  try {
    const std::string body = session.Get({Deadline::After(budget), watchdog}, "/a?b=c");
    return {ErrorKind::kInternal, "answered " + body, elapsed()};
  } catch (const CollectError& error) {
    return {error.kind(), error.what(), elapsed()};
  }
}

std::string Ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

FakeServer::Script Answer(const std::string& bytes) {
  return [bytes](Peer& peer) {
    peer.Expect("\r\n\r\n");
    peer.Send(bytes);
    peer.Mute();
  };
}

FakeServer::Script AnswerStatus(const std::string& status) {
  // The server sends the password back, as one that repeats requests would.
  return Answer("HTTP/1.1 " + status + " hunter2\r\nLocation: http://hunter2/\r\n" +
                "content-length: 7\r\n\r\nhunter2");
}

}  // namespace

TEST_CASE("every way a server can fail has its kind, and ends by the deadline") {
  struct Case {
    const char* name;
    FakeServer::Script script;
    ErrorKind kind;
  };
  const std::string chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
  const Case cases[] = {
      {"mute", [](Peer& peer) { peer.Mute(); }, ErrorKind::kTimeout},
      {"mute after the question", Answer(""), ErrorKind::kTimeout},
      {"drip of a head",
       [](Peer& peer) {
         peer.Drip("HTTP/1.1 200 OK\r\n" + std::string(99, 'x'), milliseconds(40));
       },
       ErrorKind::kTimeout},
      {"drip of a body",
       [](Peer& peer) {
         peer.Expect("\r\n\r\n");
         peer.Send("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n");
         peer.Drip(std::string(99, 'x'), milliseconds(40));
       },
       ErrorKind::kTimeout},
      {"never whole", Answer(chunked + "5\r\nabc"), ErrorKind::kTimeout},
      {"closed at once", [](Peer&) {}, ErrorKind::kConnect},
      {"reset at once", [](Peer& peer) { peer.Reset(); }, ErrorKind::kConnect},
      {"cut head",
       [](Peer& peer) {
         peer.Expect("\r\n\r\n");
         peer.Send("HTTP/1.1 200 OK\r\ncontent-");
       },
       ErrorKind::kConnect},
      {"cut body",
       [](Peer& peer) {
         peer.Expect("\r\n\r\n");
         peer.Send(Ok("abc").substr(0, 38));
       },
       ErrorKind::kConnect},
      {"cut chunks",
       [chunked](Peer& peer) {
         peer.Expect("\r\n\r\n");
         peer.Send(chunked + "3\r\nabc\r\n");
       },
       ErrorKind::kConnect},
      {"another protocol", Answer("-ERR unknown command 'GET'\r\n"), ErrorKind::kProtocol},
      {"AMQP", Answer(std::string("AMQP\0\0\x09\x01\n", 9)), ErrorKind::kProtocol},
      {"oversized", Answer("HTTP/1.1 200 OK\r\ncontent-length: 2097153\r\n\r\n"),
       ErrorKind::kLimit},
      {"oversized chunk", Answer(chunked + "200001\r\n"), ErrorKind::kLimit},
      {"oversized head", Answer("HTTP/1.1 200 OK\r\na: " + std::string(70000, 'x')),
       ErrorKind::kLimit},
      {"401", AnswerStatus("401"), ErrorKind::kAuth},
      {"403", AnswerStatus("403"), ErrorKind::kPermission},
      {"404", AnswerStatus("404"), ErrorKind::kMissing},
      {"400", AnswerStatus("400"), ErrorKind::kQuery},
      {"500", AnswerStatus("500"), ErrorKind::kQuery},
      {"301", AnswerStatus("301"), ErrorKind::kProtocol},
      {"307", AnswerStatus("307"), ErrorKind::kProtocol},
      {"204", Answer("HTTP/1.1 204 No Content\r\n\r\n"), ErrorKind::kProtocol},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    FakeServer server(c.script);
    HttpSession session(TargetAt(server));
    const Outcome outcome = Get(session, milliseconds(400));
    CHECK(Name(outcome.kind) == Name(c.kind));
    CHECK(outcome.text.find("127.0.0.1:") == 0);
    CHECK(outcome.text.find("hunter2") == std::string::npos);
    if (c.kind == ErrorKind::kTimeout) {
      CHECK(outcome.elapsed >= milliseconds(390));
      CHECK(outcome.elapsed < milliseconds(1500));
    }
  }
}

TEST_CASE("a question names the host and the user") {
  FakeServer server([](Peer& peer) {
    peer.Expect("GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:");
    peer.Expect("\r\nUser-Agent: exporter:jobs\r\n");
    peer.Expect("Authorization: Basic cmVhZGVyOmh1bnRlcjI=\r\n\r\n");  // reader:hunter2
    peer.Send(Ok("yes"));
    peer.Mute();
  });
  HttpSession session(TargetAt(server));
  CHECK(Get(session, milliseconds(5000)).text == "answered yes");
}

TEST_CASE("the user and the password of their own win over the URL's") {
  FakeServer server([](Peer& peer) {
    peer.Expect("Authorization: Basic b3RoZXI6c2VjcmV0\r\n");  // other:secret
    peer.Send(Ok("yes"));
    peer.Mute();
  });
  HttpTarget target = TargetAt(server);
  target.user = "other";
  target.password = SecretSource::Literal("secret");
  HttpSession session(target);
  CHECK(Get(session, milliseconds(5000)).text == "answered yes");
}

TEST_CASE("a connection is kept, also after an answer that is a refusal") {
  FakeServer server([](Peer& peer) {
    for (const char* status : {"200", "404", "200"}) {
      peer.Expect("\r\n\r\n");
      peer.Send(std::string("HTTP/1.1 ") + status + " x\r\ncontent-length: 1\r\n\r\na");
    }
    peer.Mute();
  });
  HttpSession session(TargetAt(server));
  CHECK(Get(session, milliseconds(5000)).text == "answered a");
  CHECK(Name(Get(session, milliseconds(5000)).kind) == Name(ErrorKind::kMissing));
  CHECK(Get(session, milliseconds(5000)).text == "answered a");
  CHECK(session.connections() == 1);
}

TEST_CASE("a connection that the server ends is opened again, and no failure") {
  const FakeServer::Script once = [](Peer& peer) {
    peer.Expect("\r\n\r\n");
    peer.Send(Ok("a"));
  };
  const FakeServer::Script last = [](Peer& peer) {
    peer.Expect("\r\n\r\n");
    peer.Send("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1\r\n\r\nb");
    peer.Mute();
  };
  FakeServer server({once, last, once});
  HttpSession session(TargetAt(server));
  CHECK(Get(session, milliseconds(5000)).text == "answered a");
  CHECK(Get(session, milliseconds(5000)).text == "answered b");
  CHECK(Get(session, milliseconds(5000)).text == "answered a");
  CHECK(session.connections() == 3);
}

TEST_CASE("a password that was changed is loaded again, and tried once") {
  const std::string path = std::filesystem::temp_directory_path() / "exporter_http_password";
  std::ofstream(path) << "old\n";
  const FakeServer::Script until_changed = [&](Peer& peer) {
    peer.Expect("Basic cmVhZGVyOm9sZA==\r\n\r\n");  // reader:old
    peer.Send(Ok("a"));
    peer.Expect("\r\n\r\n");
    std::ofstream(path) << "new\n";
    peer.Send("HTTP/1.1 401 x\r\ncontent-length: 0\r\n\r\n");
    peer.Mute();
  };
  const FakeServer::Script changed = [](Peer& peer) {
    peer.Expect("Basic cmVhZGVyOm5ldw==\r\n\r\n");  // reader:new
    peer.Send(Ok("b"));
    peer.Expect("\r\n\r\n");
    peer.Send("HTTP/1.1 401 x\r\ncontent-length: 0\r\n\r\n");
    peer.Mute();
  };
  FakeServer server({until_changed, changed, AnswerStatus("401")});
  HttpTarget target = TargetAt(server);
  target.password = SecretSource::File(path);
  HttpSession session(target);
  CHECK(Get(session, milliseconds(5000)).text == "answered a");
  CHECK(Get(session, milliseconds(5000)).text == "answered b");
  CHECK(Name(Get(session, milliseconds(5000)).kind) == Name(ErrorKind::kAuth));
  CHECK(session.connections() == 3);
  std::filesystem::remove(path);
}

TEST_CASE("an answer that nobody asked for is not taken for the next one's") {
  std::promise<void> is_sent;
  FakeServer server({[&is_sent](Peer& peer) {
                       peer.Expect("\r\n\r\n");
                       peer.Send(Ok("a"));
                       peer.Send(Ok("late"));
                       is_sent.set_value();
                       peer.Mute();
                     },
                     Answer(Ok("b"))});
  HttpSession session(TargetAt(server));
  const Outcome first = Get(session, milliseconds(5000));
  // The two answers arrived in one piece, or the second one after the first was read.
  CHECK((first.text == "answered a" || first.kind == ErrorKind::kProtocol));
  is_sent.get_future().wait();  // If sent later, it would answer the next request.
  CHECK(Get(session, milliseconds(5000)).text == "answered b");
}

TEST_CASE("a TLS server that says nothing is a timeout in time") {
  FakeServer server([](Peer& peer) { peer.Mute(); });
  HttpTarget target = TargetAt(server);
  target.endpoint.tls = true;
  HttpSession session(target);
  const Outcome outcome = Get(session, milliseconds(400));
  CHECK(Name(outcome.kind) == Name(ErrorKind::kTimeout));
  CHECK(outcome.elapsed < milliseconds(1500));
}

}  // namespace collectors
