#include "collectors/clients/redis/sturdy_session.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/fake_server.h"
#include "tests/support/redis_target_at.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using exporter::SteadyTime;
using exporter::Watchdog;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using testing::FakeServer;
using Peer = FakeServer::Peer;
using Scripts = std::vector<FakeServer::Script>;

// A connection that expects these words in this order and answers each.
struct Talk {
  std::string word;
  std::string answer;
};
FakeServer::Script Answers(std::vector<Talk> talks, bool closes = false) {
  return [talks = std::move(talks), closes](Peer& peer) {
    for (const Talk& talk : talks) {
      peer.Expect(talk.word + "\r\n");
      peer.Send(talk.answer);
    }
    if (!closes) peer.Mute();
  };
}

const std::string kHuge = "$104857600\r\nxxx";

// Returns the replies as one line: numbers, and the kinds of errors.
std::string Line(const std::vector<RedisReply>& replies) {
  std::string line;
  for (const RedisReply& reply : replies) {
    line += line.empty() ? "" : " ";
    line += reply.type == RedisReply::Type::kError ? std::string(Name(KindOfRedisError(reply.text)))
                                                   : std::to_string(reply.integer);
  }
  return line;
}

class Asker {
 public:
  explicit Asker(Scripts scripts)
      : server_(std::move(scripts)), session_(TargetAt(server_)), sturdy_(session_) {}

  // Returns the replies, or the kind of the exception.
  std::string Ask(const std::vector<RedisCommand>& commands, SteadyTime now = {},
                  milliseconds time = milliseconds(5000)) {
    Watchdog watchdog;
    try {
      return Line(sturdy_.AskAt(now, {Deadline::After(time), watchdog}, commands));
    } catch (const CollectError& error) {
      return "threw " + std::string(Name(error.kind()));
    }
  }

 private:
  FakeServer server_;
  RedisSession session_;
  SturdySession sturdy_;
};

}  // namespace

TEST_CASE("an answer that is too large costs its command, and is asked again rarely") {
  Asker asker({Answers({{"C", ":1\r\n" + kHuge}}),  // The second command breaks it.
               Answers({{"C", kHuge}}),             // Alone it breaks it too.
               Answers({{"C", ":3\r\n"},
                        {"C", ":1\r\n:3\r\n"},  // Then it rests.
                        {"PING", "+PONG\r\n"},
                        {"B", ":2\r\n"}})});
  const std::vector<RedisCommand> commands = {{"A"}, {"B"}, {"C"}};
  CHECK(asker.Ask(commands) == "1 limit 3");
  CHECK(asker.Ask(commands, SteadyTime{} + minutes(9)) == "1 limit 3");
}

TEST_CASE("a command that broke a connection is asked last and alone, and is believed then") {
  Asker asker(
      {Answers({{"C", ":1\r\n"}}, /*closes=*/true), Answers({{"PING", "+PONG\r\n"},
                                                             {"C", ":3\r\n"},
                                                             {"C", ":1\r\n:3\r\n"},
                                                             {"PING", "+PONG\r\n"},
                                                             {"B", ":2\r\n"},
                                                             {"C", ":1\r\n:2\r\n:3\r\n"}})});
  const std::vector<RedisCommand> commands = {{"A"}, {"B"}, {"C"}};
  CHECK(asker.Ask(commands) == "1 protocol 3");
  CHECK(asker.Ask(commands) == "1 2 3");
  CHECK(asker.Ask(commands) == "1 2 3");
}

TEST_CASE("one that breaks it again rests, longer each time") {
  const auto closing = Answers({{"C", ":1\r\n:3\r\n"}, {"PING", "+PONG\r\n"}, {"B", ""}}, true);
  Asker asker({Answers({{"C", ":1\r\n"}}, true),
               Answers({{"PING", "+PONG\r\n"}, {"C", ":3\r\n"}}, true), closing,
               Answers({{"C", ":1\r\n:3\r\n"}}, true), closing,
               Answers({{"C", ":1\r\n:3\r\n"}}, true)});
  const std::vector<RedisCommand> commands = {{"A"}, {"B"}, {"C"}};
  const SteadyTime start{hours(1)};
  for (const minutes after : {minutes(0), minutes(1), minutes(10), minutes(12), minutes(31)}) {
    CAPTURE(after.count());
    CHECK(asker.Ask(commands, start + after) == "1 protocol 3");
  }
}

TEST_CASE("a command that is never answered takes half of the time, and the rest is asked") {
  Asker asker({Answers({{"C", ":1\r\n"}}), Answers({{"PING", "+PONG\r\n"}, {"C", ":3\r\n"}})});
  const auto start = std::chrono::steady_clock::now();
  CHECK(asker.Ask({{"A"}, {"B"}, {"C"}}, {}, milliseconds(2000)) == "1 timeout 3");
  CHECK(std::chrono::steady_clock::now() - start < milliseconds(2000));
}

TEST_CASE("the first command may be the one that the server does not bear") {
  Asker asker(
      {Answers({{"C", ""}}, true), Answers({{"PING", "+PONG\r\n"}, {"C", ":2\r\n:3\r\n"}})});
  CHECK(asker.Ask({{"A"}, {"B"}, {"C"}}) == "protocol 2 3");
}

TEST_CASE("each command has an answer or an error where the pipelines break too often") {
  // Each connection answers one PING and breaks at the next command.
  Scripts scripts = {Answers({{"C9", ""}}, true)};
  for (int i = 0; i < 20; ++i)
    scripts.push_back(Answers({{"PING", ""}, {"C9", "+PONG\r\n"}}, true));
  Asker asker(std::move(scripts));
  std::vector<RedisCommand> commands;
  for (int i = 0; i < 10; ++i) commands.push_back({"C" + std::to_string(i)});
  CHECK(asker.Ask(commands) ==
        "protocol protocol protocol protocol protocol protocol protocol protocol limit limit");
}

TEST_CASE("a server that is gone is nobody's fault") {
  SUBCASE("it is mute from the beginning") {
    Asker asker({[](Peer& peer) { peer.Mute(); }});
    CHECK(asker.Ask({{"A"}, {"B"}}, {}, milliseconds(400)) == "threw timeout");
  }
  SUBCASE("it stops in the middle, and comes back") {
    Asker asker({Answers({{"C", ":1\r\n"}}), [](Peer& peer) { peer.Mute(); },
                 Answers({{"C", ":1\r\n:3\r\n"}, {"PING", "+PONG\r\n"}, {"B", ":2\r\n"}})});
    CHECK(asker.Ask({{"A"}, {"B"}, {"C"}}, {}, milliseconds(400)) == "threw timeout");
    CHECK(asker.Ask({{"A"}, {"B"}, {"C"}}) == "1 2 3");
  }
}

TEST_CASE("answers that are too much together are asked for in more pipelines") {
  const std::string large = "$9437184\r\n" + std::string(9437184, 'x') + "\r\n";
  Asker asker(
      {Answers({{"C", large + large}}), Answers({{"C", large + large}}), Answers({{"C", large}})});
  CHECK(asker.Ask({{"A"}, {"B"}, {"C"}}, {}, milliseconds(30000)) == "0 0 0");
}

TEST_CASE("a range of a sorted set is known again with other times") {
  Asker asker({Answers({{"inf", kHuge}}), Answers({{"A", ":1\r\n"}})});
  CHECK(asker.Ask({{"ZRANGEBYSCORE", "k", "(17.5", "+inf"}}) == "limit");
  CHECK(asker.Ask({{"A"}, {"ZRANGEBYSCORE", "k", "(18.5", "+inf"}}, SteadyTime{} + minutes(1)) ==
        "1 limit");
}

}  // namespace collectors
