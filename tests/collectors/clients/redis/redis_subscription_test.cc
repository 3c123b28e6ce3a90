#include "collectors/clients/redis/redis_subscription.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/support/fake_server.h"
#include "tests/support/redis_target_at.h"

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

// Short intervals: a PING after 100 ms, and the end after 100 ms more.
constexpr RedisPatience kImpatience = {milliseconds(100), milliseconds(100), milliseconds(50)};
const std::string kGranted = "*3\r\n$10\r\npsubscribe\r\n$3\r\nev*\r\n:1\r\n";
const std::string kRefused =
    "-NOPERM this user has no permissions to access one of the channels used as arguments\r\n";

std::string Bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

std::string Message(const std::string& payload) {
  return "*4\r\n" + Bulk("pmessage") + Bulk("ev*") + Bulk("ev/a") + Bulk(payload);
}

// Grants the subscription, then runs the script.
FakeServer::Script Granting(const FakeServer::Script& then) {
  return [then](Peer& peer) {
    peer.Expect("ev*\r\n");
    peer.Send(kGranted);
    then(peer);
  };
}

// The messages that a subscriber received, and how it ended.
struct Heard {
  std::vector<std::string> payloads;
  ErrorKind kind = ErrorKind::kInternal;
  std::string text;  // Empty if it did not fail.
  milliseconds elapsed{};
};

// Opens, subscribes and reads in steps of 20 ms until something fails, a message "end" arrives, or
// 10 s have passed.
Heard Listen(RedisSubscription& subscription, const RedisChannels& wanted) {
  Watchdog watchdog;
  Heard heard;
  const auto start = std::chrono::steady_clock::now();
  const CollectContext opening{Deadline::After(milliseconds(1000)), watchdog};
  const Deadline whole = Deadline::After(milliseconds(10000));
  try {
    subscription.Open(opening);
    subscription.Subscribe(opening, wanted);
    while (!whole.Expired() && (heard.payloads.empty() || heard.payloads.back() != "end")) {
      subscription.Read({Deadline::After(milliseconds(20)), watchdog},
                        [&](std::string_view, std::string_view payload) {
                          heard.payloads.emplace_back(payload);
                        });
    }
  } catch (const CollectError& error) {
    heard.kind = error.kind();
    heard.text = error.what();
  }
  heard.elapsed =
      std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
  return heard;
}

Heard ListenTo(const FakeServer::Script& script, const RedisChannels& wanted = {{}, {"ev*"}},
               RedisPatience patience = kImpatience) {
  FakeServer server(script);
  RedisSubscription subscription(TargetAt(server), patience);
  return Listen(subscription, wanted);
}

Heard ListenPatientlyTo(const FakeServer::Script& script) {
  return ListenTo(script, {{}, {"ev*"}}, RedisPatience());
}

using Payloads = std::vector<std::string>;

}  // namespace

TEST_CASE("messages come as they were published, in whatever pieces they arrive") {
  const Heard heard = ListenPatientlyTo(Granting([](Peer& peer) {
    const std::string big(200000, 'x');
    peer.Send(Message("one") + Message("") + Message(std::string("\0\r\n", 3)));
    peer.Drip(Message("drip"), milliseconds(1));
    peer.Send("*3\r\n" + Bulk("message") + Bulk("plain") + Bulk("channel"));
    peer.Send(Message(big) + Message("end"));
    peer.Mute();
  }));
  CHECK(heard.text.empty());
  REQUIRE(heard.payloads.size() == 7);
  CHECK(heard.payloads[0] == "one");
  CHECK(heard.payloads[1].empty());
  CHECK(heard.payloads[2] == std::string("\0\r\n", 3));
  CHECK(heard.payloads[3] == "drip");
  CHECK(heard.payloads[4] == "channel");
  CHECK(heard.payloads[5].size() == 200000);
}

TEST_CASE("more messages than a reply's bounds allow in sum are heard one by one") {
  const Heard heard = ListenPatientlyTo(Granting([](Peer& peer) {
    const std::string megabyte(std::size_t{1} << 20, 'x');
    for (int i = 0; i < 40; ++i) peer.Send(Message(megabyte));
    peer.Send(Message("end"));
    peer.Mute();
  }));
  CHECK(heard.text.empty());
  CHECK(heard.payloads.size() == 41);
}

TEST_CASE("a silence is broken by a PING, whose answer of any sort is a sign of life") {
  const std::string answers[] = {
      "*2\r\n$4\r\npong\r\n$0\r\n\r\n",
      "-NOPERM this user has no permissions to run the 'ping' command\r\n",
      Message("more"),
  };
  for (const std::string& answer : answers) {
    CAPTURE(answer);
    const Heard heard = ListenTo(Granting([answer](Peer& peer) {
      for (int i = 0; i < 3; ++i) {
        peer.Expect("PING\r\n");
        peer.Send(answer);
      }
      peer.Send(Message("end"));
      peer.Mute();
    }));
    CHECK(heard.text.empty());
    CHECK(heard.elapsed >= milliseconds(290));
  }
}

TEST_CASE("how far all was heard is known by the answer to a PING, not by what comes") {
  FakeServer server(Granting([](Peer& peer) {
    peer.Expect("PING\r\n");
    peer.Send("*2\r\n$4\r\npong\r\n$0\r\n\r\n");
    peer.Expect("PING\r\n");
    peer.Send(Message("before the server cut us off"));
  }));
  RedisPatience patience;
  patience.probe = milliseconds(20);
  RedisSubscription subscription(TargetAt(server), patience);
  Watchdog watchdog;
  const auto within = [&](int ms) {
    return CollectContext{Deadline::After(milliseconds(ms)), watchdog};
  };
  subscription.Open(within(2000));
  subscription.Subscribe(within(2000), {{}, {"ev*"}});
  const exporter::SteadyTime subscribed = subscription.caught_up();
  exporter::SteadyTime last;
  const auto take = [&](auto, auto) { last = std::chrono::steady_clock::now(); };
  const auto read_on = [&] {
    while (true) subscription.Read(within(30), take);
  };
  CHECK_THROWS_AS(read_on(), CollectError);
  CHECK(subscription.caught_up() >= subscribed + patience.probe);
  CHECK(subscription.caught_up() + patience.probe <= last);
}

TEST_CASE("every way a subscribed server can fail has its kind, and ends in time") {
  struct Case {
    const char* name;
    FakeServer::Script script;
    ErrorKind kind;
  };
  const Case cases[] = {
      {"mute", Granting([](Peer& peer) { peer.Mute(); }), ErrorKind::kTimeout},
      {"drips a message that never ends", Granting([](Peer& peer) {
         peer.Drip("*4\r\n$8\r\npmessage\r\n$99\r\n" + std::string(99, 'x'), milliseconds(30));
       }),
       ErrorKind::kTimeout},
      {"closed", Granting([](Peer&) {}), ErrorKind::kConnect},
      {"reset", Granting([](Peer& peer) { peer.Reset(); }), ErrorKind::kConnect},
      {"cut in mid-message",
       Granting([](Peer& peer) { peer.Send(Message("one") + Message("two").substr(0, 30)); }),
       ErrorKind::kConnect},
      {"garbage", Granting([](Peer& peer) {
         peer.Send("HTTP/1.1 400 Bad Request\r\n\r\n");
         peer.Mute();
       }),
       ErrorKind::kProtocol},
      {"no message", Granting([](Peer& peer) {
         peer.Send("*1\r\n:1\r\n");
         peer.Mute();
       }),
       ErrorKind::kProtocol},
      {"a huge length", Granting([](Peer& peer) {
         peer.Send("*4\r\n$8\r\npmessage\r\n$16777217\r\nx");
         peer.Mute();
       }),
       ErrorKind::kLimit},
      {"an absurd length", Granting([](Peer& peer) {
         peer.Send("*4\r\n$99999999999999999999\r\nx");
         peer.Mute();
       }),
       ErrorKind::kProtocol},
      {"a huge array", Granting([](Peer& peer) {
         peer.Send("*1000000\r\n");
         peer.Mute();
       }),
       ErrorKind::kLimit},
      {"an error unasked", Granting([](Peer& peer) {
         peer.Send("-LOADING Redis is loading the dataset in memory\r\n");
         peer.Mute();
       }),
       ErrorKind::kConnect},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    const Heard heard = ListenTo(c.script);
    CHECK(Name(heard.kind) == Name(c.kind));
    CHECK(heard.text.starts_with("127.0.0.1:"));
    CHECK(heard.elapsed < milliseconds(3000));
  }
}

TEST_CASE("every way a subscription can be refused has its kind, and ends by the deadline") {
  const struct {
    const char* name;
    std::string answer;
    ErrorKind kind;
  } cases[] = {
      {"a channel", kRefused, ErrorKind::kPermission},
      {"the command", "-NOPERM this user has no permissions to run the 'psubscribe' command\r\n",
       ErrorKind::kPermission},
      {"a login", "-NOAUTH Authentication required.\r\n", ErrorKind::kAuth},
      {"mute", "", ErrorKind::kTimeout},
      {"no answer to it", "+PONG\r\n", ErrorKind::kProtocol},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    const Heard heard = ListenTo([&c](Peer& peer) {
      peer.Expect("ev*\r\n");
      peer.Send(c.answer);
      peer.Mute();
    });
    CHECK(Name(heard.kind) == Name(c.kind));
    CHECK(!heard.text.empty());
    CHECK(heard.elapsed < milliseconds(3000));
  }
}

TEST_CASE("subscriptions that are refused cost only themselves") {
  const Heard heard = ListenTo(
      [](Peer& peer) {
        peer.Expect("*2\r\n$9\r\nSUBSCRIBE\r\n$4\r\nbare\r\n");
        peer.Expect("*2\r\n$10\r\nPSUBSCRIBE\r\n$3\r\nev*\r\n");
        peer.Expect("*2\r\n$10\r\nPSUBSCRIBE\r\n$3\r\nfoo\r\n");
        // A message may arrive before the last confirmation.
        peer.Send(kRefused + kGranted + Message("early") + kRefused + Message("end"));
        peer.Mute();
      },
      {{"bare"}, {"ev*", "foo"}});
  CHECK(heard.text.empty());
  CHECK(heard.payloads == Payloads{"end"});
}

TEST_CASE("after a failure it reads no more until it is opened again") {
  FakeServer server({Granting([](Peer&) {}), Granting([](Peer& peer) {
                       peer.Send(Message("end"));
                       peer.Mute();
                     })});
  RedisSubscription subscription(TargetAt(server), kImpatience);
  CHECK(Name(Listen(subscription, {{}, {"ev*"}}).kind) == "connect");
  Watchdog watchdog;
  CHECK_THROWS_AS(subscription.Read({Deadline::After(milliseconds(20)), watchdog},
                                    [](std::string_view, std::string_view) {}),
                  CollectError);
  CHECK(Listen(subscription, {{}, {"ev*"}}).payloads == Payloads{"end"});
}

TEST_CASE("a subscriber leaves a master when the sentinels name another one") {
  const auto master = [](const std::string& payload) {
    return [payload](Peer& peer) {
      peer.Expect("ROLE\r\n");
      peer.Send("*1\r\n" + Bulk("master"));
      peer.Expect("ev*\r\n");
      peer.Send(kGranted + Message(payload));
      while (true) {
        peer.Expect("PING\r\n");
        peer.Send("*2\r\n$4\r\npong\r\n$0\r\n\r\n");
      }
    };
  };
  FakeServer first(master("first"));
  FakeServer second(master("end"));
  const auto address = [](const FakeServer& server) {
    return "*2\r\n" + Bulk("127.0.0.1") + Bulk(std::to_string(server.port()));
  };
  FakeServer sentinel([&](Peer& peer) {
    for (int asked = 0;; ++asked) {
      peer.Expect("shop\r\n");
      peer.Send(asked < 3 ? address(first) : address(second));
    }
  });
  RedisTarget target;
  target.url = SecretSource::Literal(
      "redis-sentinel://127.0.0.1:" + std::to_string(sentinel.port()) + "/0?sentinelMasterId=shop");
  RedisSubscription subscription(target, kImpatience);
  const Heard lost = Listen(subscription, {{}, {"ev*"}});
  CHECK(lost.payloads == Payloads{"first"});
  CHECK(Name(lost.kind) == "connect");
  CHECK(lost.text.find("name another master") != std::string::npos);
  CHECK(Listen(subscription, {{}, {"ev*"}}).payloads == Payloads{"end"});
}

TEST_CASE("the end of the program ends a wait for messages at once") {
  FakeServer server(Granting([](Peer& peer) { peer.Mute(); }));
  RedisSubscription subscription(TargetAt(server));
  Watchdog watchdog;
  const CollectContext context{Deadline::After(milliseconds(30000)), watchdog};
  subscription.Open(context);
  subscription.Subscribe(context, {{}, {"ev*"}});
  watchdog.ExpireAll();
  const auto start = std::chrono::steady_clock::now();
  try {
    subscription.Read(context, [](std::string_view, std::string_view) {});
    FAIL("still reading");
  } catch (const CollectError& error) {
    CHECK(Name(error.kind()) == "connect");
  }
  CHECK(std::chrono::steady_clock::now() - start < milliseconds(3000));
}

}  // namespace collectors
