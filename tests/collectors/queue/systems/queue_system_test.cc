#include "collectors/queue/systems/queue_system.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "collectors/queue/systems/queue_systems.h"
#include "tests/support/queue_answers.h"

namespace collectors {
namespace {

using namespace queue_answers;
using exporter::CollectError;

const QueueTarget kQueue = {"jobs", "jobs", "workers", "p"};

RedisReply GroupOf(const std::string& name, std::vector<RedisReply> more = {}) {
  std::vector<RedisReply> fields = {T("name"), T(name), T("consumers"), N(2), T("pending"), N(4)};
  fields.insert(fields.end(), more.begin(), more.end());
  return A(fields);
}

}  // namespace

TEST_CASE("a list is what waits") {
  const QueueQuestion& question = *System("redis_list").question;
  CHECK(Read(kQueue, question, {N(7)}) == "jobs waiting=7000");
  CHECK(Read(kQueue, question, {N(0)}) == "jobs waiting=0");
}

TEST_CASE("a sorted set is divided at now, and its age is that of the first due") {
  const QueueQuestion& question = *System("redis_zset").question;
  CHECK(Read(kQueue, question, {N(2), N(3)}, {A({T("id"), T("1699999990")})}) ==
        "jobs waiting=2000 scheduled=3000 age=10250");
  CHECK(Read(kQueue, question, {N(0), N(3)}) == "jobs waiting=0 scheduled=3000");
  CHECK(Read(kQueue, question, {N(1), N(3)}, {A({})}) == "jobs waiting=1000 scheduled=3000");
  CHECK(Read(kQueue, question, {N(1), N(3)}, {Nil()}) == "jobs waiting=1000 scheduled=3000");
  CHECK(Read(kQueue, question, {N(1), N(0)}, {A({T("id"), T("-inf")})}) ==
        "jobs waiting=1000 scheduled=0");
}

TEST_CASE("a sorted set is asked about one moment, and no entry counts twice") {
  const auto commands = System("redis_zset").question->commands(kQueue, kNow);
  CHECK(commands[0] == RedisCommand{"ZCOUNT", "jobs", "-inf", "1700000000.250"});
  CHECK(commands[1] == RedisCommand{"ZCOUNT", "jobs", "(1700000000.250", "+inf"});
}

TEST_CASE("a stream's group is its lag, its pending, its consumers and its oldest id") {
  const QueueQuestion& question = *System("redis_stream").question;
  const RedisReply pending = A({A({T("1699999999000-0"), T("worker-1"), N(7), N(1)})});
  const RedisReply nobody = A({});
  const RedisReply known = GroupOf("workers", {T("lag"), N(9)});
  struct Case {
    RedisReply groups, pending;
    std::string expected;
  };
  const Case cases[] = {
      {A({GroupOf("other"), known}), pending,
       "jobs lag=9000/12000 active=4000 age=1250 consumers=2000"},
      {A({known}), nobody, "jobs lag=9000/12000 active=4000 consumers=2000"},
      {A({GroupOf("workers", {T("lag"), Nil()})}), pending,
       "jobs active=4000 age=1250 consumers=2000"},
      {A({GroupOf("workers")}), pending, "jobs active=4000 age=1250 consumers=2000"},
  };
  for (const Case& c : cases) {
    CHECK(Read(kQueue, question, {N(1), c.groups, StreamOf(12), c.pending}) == c.expected);
  }
  CHECK(Read(kQueue, question, {N(1), A({known}), Error("NOPERM no XINFO"), pending}) ==
        "jobs active=4000 age=1250 consumers=2000 ! permission");
}

TEST_CASE("a stream that is not there is empty; a group that is not is told of") {
  const QueueQuestion& question = *System("redis_stream").question;
  const RedisReply no_key = Error("ERR no such key");
  CHECK(Read(kQueue, question, {N(0), no_key, no_key, Error("NOGROUP No such key")}) ==
        "jobs waiting=0 active=0 consumers=0");
  const std::vector<RedisReply> replies = {N(1), A({GroupOf("other")}), StreamOf(0),
                                           Error("NOGROUP No such group")};
  const QueueAnswer answer = question.read(kQueue, replies, kNow);
  CHECK(Line(answer) == "jobs waiting=0 active=0 consumers=0 ! missing");
  REQUIRE(answer.problems.size() == 1);
  CHECK(answer.problems[0].what() == std::string("stream jobs has no group workers"));
}

TEST_CASE("an error or a wrong shape is its kind, in every system") {
  for (const QueueSystem& system : QueueSystems()) {
    CAPTURE(system.name);
    const std::size_t count = system.question->commands(kQueue, kNow).size();
    const auto kind = [&](const RedisReply& reply) {
      try {
        const std::vector<RedisReply> replies(count, reply);
        if (system.question->more != nullptr) system.question->more(kQueue, replies, kNow);
        if (system.question->entry != nullptr) system.question->entry(kQueue, replies, kNow);
        system.question->read(kQueue, replies, kNow);
      } catch (const CollectError& error) {
        return std::string(Name(error.kind()));
      }
      return std::string("none");
    };
    CHECK(kind(Error("WRONGTYPE Operation against a key")) == "query");
    CHECK(kind(Error("NOPERM no")) == "permission");
    CHECK(kind(Error("LOADING")) == "connect");
    CHECK(kind(T("7")) == "protocol");
    CHECK(kind(A({})) == "protocol");
    CHECK(kind(Nil()) == "protocol");
  }
}

}  // namespace collectors
