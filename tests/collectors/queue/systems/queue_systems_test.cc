// What each system's replies mean: tables of replies as Redis gives them to the systems' libraries,
// and of replies that no server should give.

#include "collectors/queue/systems/queue_systems.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "collectors/queue/systems/queue_reply.h"
#include "collectors/queue/systems/queue_system.h"
#include "tests/support/queue_answers.h"

namespace collectors {
namespace {

using namespace queue_answers;
using exporter::CollectError;

const QueueTarget kQueue = {.name = "shown", .key = "mails", .prefix = "p"};

RedisReply Members(Replies members, const std::string& cursor = "0") {
  return A({T(cursor), A(std::move(members))});
}

Replies Rq(long long waiting, RedisReply workers) {
  return {N(waiting), N(5), N(2), N(3), N(1), N(9), N(4), N(8), N(6), N(0), std::move(workers)};
}

}  // namespace

TEST_CASE("RQ: what is past its time is stalled or forgotten, and dead workers do not count") {
  const QueueQuestion& question = *System("rq").question;
  const std::string depths =
      " active=3000 stalled=2000 scheduled=3000 blocked=1000 failed=5000 finished=2000";
  const RedisReply two = Members({T("rq:worker:a"), T("rq:worker:b"), T("rq:worker:a")});
  CHECK(Read(kQueue, question, Rq(7, two), {N(1), T("id"), T("2023-11-14T22:13:10.000000Z")}) ==
        "shown waiting=7000" + depths + " age=10250 consumers=1000 going");
  CHECK(Read(kQueue, question, Rq(0, Members({})), {Nil()}) ==
        "shown waiting=0" + depths + " consumers=0 going");
  // The oldest job was deleted meanwhile; its time is not a time; its time is to come.
  for (const RedisReply& time : {Nil(), T("yesterday"), T("")}) {
    CHECK(Read(kQueue, question, Rq(1, Members({})), {T("id"), time}) ==
          "shown waiting=1000" + depths + " consumers=0 going");
  }
  CHECK(Read(kQueue, question, Rq(1, Members({})), {T("id"), T("2033-01-01T00:00:00Z")}) ==
        "shown waiting=1000" + depths + " age=0 consumers=0 going");
  CHECK(Read(kQueue, question, Rq(0, Members({T("w")}, "17")), {Nil()}) ==
        "shown waiting=0" + depths + " going ! limit");
}

TEST_CASE("RQ asks one field of the oldest job, and of all workers at once") {
  const QueueQuestion& question = *System("rq").question;
  Replies first = Rq(1, Members({T("rq:worker:b"), T("rq:worker:a")}));
  CHECK(question.more(kQueue, first, kNow) ==
        std::vector<RedisCommand>{{"EXISTS", "rq:worker:a", "rq:worker:b"}});
  CHECK(question.id(kQueue) == RedisCommand{"LINDEX", "rq:queue:mails", "0"});
  first.insert(first.end(), {N(2), T("id")});
  CHECK(question.entry(kQueue, first, kNow) == RedisCommand{"HGET", "rq:job:id", "enqueued_at"});
}

TEST_CASE("Sidekiq: a job's time is in milliseconds since version 8, in seconds before") {
  const QueueQuestion& question = *System("sidekiq").question;
  struct Case {
    RedisReply job;
    std::string expected;
  };
  const Case cases[] = {
      {T(R"({"args":[{"enqueued_at":5}],"enqueued_at":1699999990.25})"), " age=10000"},
      {T(R"({"args":["x"],"enqueued_at":1699999990250,"queue":"mails"})"), " age=10000"},
      {T(R"({"args":["x"],"created_at":1699999990250})"), ""},
      {T(R"({"enqueued_at":"1699999990"})"), ""},
      {T(R"({"enqueued_at":-1})"), ""},
      {T(R"({"enqueued_at":1e999})"), ""},
      {T(R"(["enqueued_at",1699999990])"), ""},
      {T("\x04\x08{"), ""},
      {T("\xff\xfe"), ""},
      {T(""), ""},
      {T(std::string(5000, '[')), ""},
      {T(R"({"args":")" + std::string(2 << 20, 'x') + R"(","enqueued_at":1699999990})"), ""},
      {Nil(), ""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.job.text.substr(0, 80));
    CHECK(Read(kQueue, question, {N(4), N(0)}, {c.job}) ==
          "shown waiting=4000" + c.expected + " going");
  }
  CHECK(Read(kQueue, question, {N(0), N(1)}) == "shown waiting=0 paused");
}

TEST_CASE("Sidekiq: processes that live serve the queues they name, each once") {
  const QueueQuestion& question = *System("sidekiq").realm;
  const Replies first = {N(2), N(1), N(3), Members({T("a"), T("b"), T("c"), T("d")})};
  const RedisReply lives = A({T(R"({"queues":["mails","mails","slow"]})"), T("4"), T("false")});
  const RedisReply ends = A({T(R"({"queues":["mails"]})"), T("1"), T("true")});
  const RedisReply dead = A({Nil(), Nil(), Nil()});
  const std::string depths = "shown scheduled=2000 retry=1000 failed=3000";
  CHECK(Read(kQueue, question, first, {lives, dead, ends, lives}) ==
        depths + " active=9000 consumers=2000 | mails:2000 slow:2000");
  // An unknown form: consumers are not reported.
  const RedisReply unknown = A({T(R"({"capsules":{}})"), T("1"), T("false")});
  CHECK(Read(kQueue, question, first, {lives, unknown, dead, dead}) == depths + " active=5000");
  CHECK(Read(kQueue, question, {N(2), N(1), N(3), Members({T("a")}, "9")}) == depths + " ! limit");
}

TEST_CASE("Sidekiq: a key that is another's costs what it would stand for") {
  const RedisReply other = Error("WRONGTYPE Operation against a key");
  CHECK(Read(kQueue, *System("sidekiq").question, {N(4), other}, {Nil()}) ==
        "shown waiting=4000 ! query");
  CHECK(Read(kQueue, *System("sidekiq").realm, {N(2), other, other, Members({})}) ==
        "shown scheduled=2000 active=0 consumers=0 | ! query");
}

TEST_CASE("Sidekiq: a member of processes that is no process costs nothing else") {
  const QueueQuestion& question = *System("sidekiq").realm;
  const Replies first = {N(2), N(1), N(3), Members({T("a"), T("b"), T("c")})};
  const RedisReply lives = A({T(R"({"queues":["mails"]})"), T("4"), T("false")});
  const RedisReply text = Error("WRONGTYPE Operation against a key");
  CHECK(Read(kQueue, question, first, {text, lives, text}) ==
        "shown scheduled=2000 retry=1000 failed=3000 active=4000 consumers=1000"
        " | mails:1000 ! query");
  CHECK_THROWS_AS(Read(kQueue, question, first, {lives, lives, Error("NOPERM no")}), CollectError);
}

TEST_CASE("Sidekiq: a number of busy threads that is none is not added up") {
  const QueueQuestion& question = *System("sidekiq").realm;
  const Replies first = {N(0), N(0), N(0), Members({T("a"), T("b")})};
  const RedisReply lives = A({T(R"({"queues":[]})"), T("4"), T("false")});
  for (const char* busy : {"inf", "nan", "-1", "", "99999999999999999999"}) {
    CAPTURE(busy);
    const RedisReply odd = A({T(R"({"queues":[]})"), T(busy), T("false")});
    CHECK(Read(kQueue, question, first, {lives, odd}) ==
          "shown scheduled=0 retry=0 failed=0 consumers=2000 |");
  }
}

TEST_CASE("BullMQ: waiting is three places, and a job without a lock is stalled") {
  const QueueQuestion& question = *System("bullmq").question;
  const auto first = [](RedisReply wait_end, long long active, long long prioritized) {
    return Replies{N(3), N(0), std::move(wait_end), A({}), N(active), N(2), N(1),
                   N(6), N(0), N(prioritized),      N(4)};
  };
  const RedisReply end = A({T("8"), T("7")});
  const RedisReply job = A({T("1699999990250"), T(R"({"attempts":1})"), Nil()});
  const std::string rest = " scheduled=2000 failed=1000 finished=6000";
  CHECK(Read(kQueue, question, first(end, 2, 0), {A({T("token"), Nil()}), job}) ==
        "shown waiting=3000" + rest + " active=1000 stalled=1000 blocked=4000 age=10000 going");
  // SORT_RO is not permitted, or the server is older than 7.0.
  CHECK(Read(kQueue, question, first(end, 2, 0), {Error("ERR unknown command 'SORT_RO'"), job}) ==
        "shown waiting=3000" + rest + " active=2000 blocked=4000 age=10000 going");
  CHECK(Read(kQueue, question, first(end, 5000, 0), {job}) ==
        "shown waiting=3000" + rest + " active=5000000 blocked=4000 age=10000 going");
  // A job with a priority may be older than the list's end.
  CHECK(Read(kQueue, question, first(end, 0, 5)) ==
        "shown waiting=8000" + rest + " active=0 stalled=0 blocked=4000 going");
  // BullMQ 4's marker is not a job.
  CHECK(Read(kQueue, question, first(A({T("7"), T("0:1700000000000")}), 0, 0), {job}) ==
        "shown waiting=2000" + rest + " active=0 stalled=0 blocked=4000 age=10000 going");
  CHECK(question.entry(kQueue, first(A({T("7"), T("0:0")}), 0, 0), kNow) ==
        RedisCommand{"HMGET", "p:mails:7", "timestamp", "opts", "processedOn"});
}

TEST_CASE("BullMQ: a job waits since its delay was over, or since it was last begun") {
  const QueueQuestion& question = *System("bullmq").question;
  const Replies first = {N(1), N(0), A({T("7")}), A({}), N(0), N(0), N(0), N(0), N(0), N(0), N(0)};
  struct Case {
    RedisReply job;
    std::string age;
  };
  const Case cases[] = {
      {A({T("1699999990250"), T(R"({"delay":4000})"), Nil()}), " age=6000"},
      {A({T("1699999990250"), T(R"({"delay":-4000})"), Nil()}), " age=10000"},
      {A({T("1699999990250"), T("{}"), T("1699999999250")}), " age=1000"},
      {A({T("1699999990250"), Nil(), Nil()}), " age=10000"},
      {A({T("99999999999999999999999"), Nil(), Nil()}), " age=0"},
      {A({T("nan"), Nil(), Nil()}), ""},
      {A({T("0"), Nil(), Nil()}), ""},
      {A({Nil(), Nil(), Nil()}), ""},
      {A({}), ""},
      {Nil(), ""},
  };
  for (const Case& c : cases) {
    CHECK(Read(kQueue, question, first, {c.job}) ==
          "shown waiting=1000 scheduled=0 failed=0 finished=0 active=0 stalled=0 blocked=0" +
              c.age + " going");
  }
}

TEST_CASE("Bull: what has a priority is in the list already") {
  const Replies first = {N(3), N(0), A({T("7")}), A({}), N(0), N(0), N(0), N(0), N(1), N(2)};
  CHECK(Read(kQueue, *System("bull").question, first) ==
        "shown waiting=3000 scheduled=0 failed=0 finished=0 active=0 stalled=0 paused");
}

TEST_CASE("Bull and BullMQ: workers are connections with the queue's name") {
  const QueueQuestion& question = *System("bullmq").realm;
  const std::string list =
      "id=1 addr=1.2.3.4:5 laddr=1.2.3.4:6 fd=8 name=p:bWFpbHM= age=1 cmd=bzpopmin\n"
      "id=2 addr=1.2.3.4:5 fd=8 name=p:bWFpbHM=:w:first age=1\n"
      "id=3 addr=1.2.3.4:5 fd=8 name=p:bWFpbHM=:qe age=1\n"
      "id=4 addr=1.2.3.4:5 fd=8 name=q:bWFpbHM= age=1\n"
      "id=5 addr=1.2.3.4:5 fd=8 name= age=1\n"
      "id=6 addr=1.2.3.4:5 fd=8 name=p:!!!! age=1\n"
      "id=7 name=p:c2xvdw== age=1\n"
      "id=8 name=p:";
  const RedisReply few = T("# Clients\r\nconnected_clients:8\r\nmaxclients:10000\r\n");
  CHECK(Read(kQueue, question, {few}, {T(list)}) == " | mails:2000 slow:1000");
  CHECK(Read(kQueue, question, {few}, {T("")}) == " |");
  CHECK(Read(kQueue, question, {T("connected_clients:5000\r\n")}) == " ! limit");
}

TEST_CASE("Dramatiq: what is in the hash and not in the list is a worker's") {
  const QueueQuestion& question = *System("dramatiq").question;
  const std::string message =
      R"({"args":[{"message_timestamp":1}],"message_timestamp":1699999990250})";
  CHECK(Read(kQueue, question, {N(3), N(5), N(2), N(1)}, {T("id"), T(message)}) ==
        "shown waiting=3000 active=2000 scheduled=2000 failed=1000 age=10000");
  CHECK(Read(kQueue, question, {N(3), N(2), N(0), N(0)}, {T("id"), Nil()}) ==
        "shown waiting=3000 active=0 scheduled=0 failed=0");
  CHECK(Read(kQueue, question, {N(0), N(0), N(0), N(0)}, {Nil()}) ==
        "shown waiting=0 active=0 scheduled=0 failed=0");
}

TEST_CASE("arq: a due entry with a mark runs, and the first without one is the oldest") {
  const QueueQuestion& question = *System("arq").question;
  const RedisReply front =
      A({T("a"), T("1699999980250"), T("b"), T("1699999990250"), T("c"), T("1.7e12")});
  CHECK(Read(kQueue, question, {N(3), N(2), front}, {A({T("1"), Nil(), Nil()})}) ==
        "shown waiting=2000 active=1000 scheduled=2000 age=10000");
  CHECK(Read(kQueue, question, {N(3), N(0), front}, {A({T("1"), T("1"), T("1")})}) ==
        "shown waiting=0 active=3000 scheduled=0");
  CHECK(Read(kQueue, question, {N(0), N(1), A({})}) == "shown waiting=0 active=0 scheduled=1000");
}

TEST_CASE("Huey: a list or a sorted set") {
  const QueueQuestion& question = *System("huey").question;
  const RedisReply wrong = Error("WRONGTYPE Operation against a key");
  CHECK(Read(kQueue, question, {N(3), wrong, N(2)}) == "shown waiting=3000 scheduled=2000");
  CHECK(Read(kQueue, question, {wrong, N(4), N(2)}) == "shown waiting=4000 scheduled=2000");
  CHECK(Read(kQueue, question, {N(0), N(0), N(0)}) == "shown waiting=0 scheduled=0");
  CHECK_THROWS_AS(Read(kQueue, question, {wrong, wrong, N(0)}), CollectError);
}

TEST_CASE("the groups of a stream are queues, a hundred at most") {
  const QueueQuestion& question = *System("redis_stream").question;
  const auto group = [](const std::string& name) {
    return A({T("name"), T(name), T("consumers"), N(1), T("pending"), N(2), T("lag"), N(3)});
  };
  const RedisReply pending = A({A({T("1699999990250-0"), T("worker-1"), N(7), N(1)})});
  CHECK(Read(kQueue, question, {N(1), A({group("b"), group("a")}), StreamOf(5)},
             {pending, Error("NOGROUP gone")}) ==
        "shown/a lag=3000/5000 active=2000 age=10000 consumers=1000"
        "shown/b lag=3000/5000 active=2000 consumers=1000");
  CHECK(Read(kQueue, question, {N(0), Error("ERR no such key"), Error("ERR no such key")}) == "");
  const Replies many = {N(1), A(Replies(150, group("g"))), StreamOf(5)};
  CHECK(question.more(kQueue, many, kNow).size() == 100);
}

// In turn, every place of every question's replies is one of these; the other replies are numbers,
// texts and lists that fit. Nothing may be read beyond its end, and the result must be a
// CollectError or an answer without negative numbers.
TEST_CASE("replies that no server should give are an error or harmless, in every place") {
  const RedisReply hostile[] = {
      Nil(),
      N(-1),
      N(9'223'372'036'854'775'807),
      N(-9'223'372'036'854'775'807),
      T(std::string("\xff\xfe") + '\0'),
      T("-nan"),
      A({}),
      A({Nil()}),
      A({T("0")}),
      A({T("0"), Nil()}),
      A({T("0"), A({Nil()})}),
      A({N(1), N(2), N(3)}),
      A({T("name"), T("a"), T("lag")}),
      A({A({T("name")}), A({T("name"), Nil()}), N(3)}),
      Error("WRONGTYPE Operation against a key"),
      Error(""),
  };
  const RedisReply harmless[] = {N(1), T("1"), A({}), A({T("0"), A({T("m")})})};
  for (const QueueSystem& system : QueueSystems()) {
    CAPTURE(system.name);
    for (const QueueQuestion* question : {system.question, system.realm}) {
      if (question == nullptr) continue;
      const std::size_t count = question->commands(kQueue, kNow).size();
      for (std::size_t place = 0; place < count; ++place) {
        for (const RedisReply& bad : hostile) {
          for (const RedisReply& good : harmless) {
            Replies replies(count, good);
            replies[place] = bad;
            try {
              const std::size_t more =
                  question->more == nullptr ? 0 : question->more(kQueue, replies, kNow).size();
              replies.insert(replies.end(), more, bad);
              const bool has_entry =
                  question->entry != nullptr && !question->entry(kQueue, replies, kNow).empty();
              if (has_entry) replies.push_back(bad);
              for (const QueueState& state : question->read(kQueue, replies, kNow).states) {
                for (const QueueDepth& row : state.depths) CHECK(row.depth >= 0);
                if (state.oldest_age_seconds) CHECK(*state.oldest_age_seconds >= 0);
                if (state.consumers) CHECK(*state.consumers >= 0);
              }
            } catch (const CollectError& error) {
              CHECK(std::string(error.what()).size() < 300);
            }
          }
        }
      }
    }
  }
}

TEST_CASE("a registry's elements are queues, or another's") {
  struct Case {
    std::string system, prefix, found, expected;
  };
  const Case cases[] = {
      {"rq", "", "rq:queue:mails", "mails"},
      {"rq", "", "rq:queue:", "none"},
      {"rq", "", "mails", "none"},
      {"sidekiq", "app", "mails", "mails"},
      {"bullmq", "{b}", "{b}:mails:meta", "mails"},
      {"bullmq", "b", "b::meta", "none"},
      {"bullmq", "b", "b:meta", "none"},
      {"bull", "bull", "bull:a:b:id", "a:b"},
      {"dramatiq", "dramatiq", "dramatiq:mails.msgs", "mails"},
      {"dramatiq", "dramatiq", "dramatiq:mails.DQ.msgs", "mails"},
      {"dramatiq", "dramatiq", "dramatiq:mails.XQ.msgs", "mails"},
      {"dramatiq", "dramatiq", "dramatiq:mails", "none"},
      {"arq", "arq:queue", "arq:queue:health-check", "none"},
      {"arq", "arq:queue", "arq:queue", "arq:queue"},
      {"huey", "", "huey.schedule.shop", "shop"},
      {"huey", "", "huey.r.shop.1", "none"},
      {"redis_stream", "", "events", "events"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.found);
    CHECK(System(c.system).registry->queue(c.prefix, c.found).value_or("none") == c.expected);
  }
}

TEST_CASE("a prefix is no glob") {
  CHECK(System("bullmq").registry->scan("a*[b]?\\", "0")[3] == "a\\*\\[b\\]\\?\\\\:*:meta");
}

}  // namespace collectors
