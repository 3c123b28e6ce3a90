#include "collectors/celery/workers/control_scope.h"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

namespace collectors {
namespace {

using exporter::ErrorKind;
using Strings = std::vector<std::string>;

const Strings kQueues = {"active_queues"};

// The events of one round, 15 s after the one before.
struct Round {
  std::map<std::string, std::size_t> answered = {};  // Calls answered, by worker.
  std::vector<WorkerPulse> pulses = {};
  std::optional<Strings> listeners = {};
  std::string foreign_type = {};
  std::string failed_method = {};
};

WorkerPulse Beating(std::uint64_t beats, std::uint64_t process = 0,
                    const std::string& hostname = "w1@h") {
  return {hostname, process, beats};
}

struct Case {
  const char* name;
  ControlMode mode;
  std::vector<Round> rounds;
  Strings asked;     // In the end, if the broker reports scheduled tasks.
  std::string said;  // A part of the problem; empty if there is none.
};

const Strings kAll = {"active_queues", "stats", "active", "reserved"};

const Case kCases[] = {
    {"no answer, and none heard", ControlMode::kQueues, {{}, {}, {}}, kQueues, ""},
    {"answers",
     ControlMode::kFull,
     {{{{"w1@h", 4}}, {Beating(1)}}, {{{"w1@h", 4}}, {Beating(9)}}},
     kAll,
     ""},
    {"one that lives and never replied",
     ControlMode::kQueues,
     {{{}, {Beating(1)}}, {{}, {Beating(7)}}},
     {},
     "w1@h sends heartbeats and has never replied"},
    {"one that never replied and does not beat meanwhile, as of the solo pool in a task",
     ControlMode::kQueues,
     {{{}, {Beating(1)}}, {{}, {Beating(2)}}, {{}, {Beating(6)}}},
     kQueues,
     ""},
    {"one round is not enough", ControlMode::kQueues, {{{}, {Beating(100)}}}, kQueues, ""},
    {"the next process of a worker begins anew",
     ControlMode::kQueues,
     {{{}, {Beating(1)}}, {{}, {Beating(9, 1)}}},
     kQueues,
     ""},
    {"one that replied before is asked again",
     ControlMode::kQueues,
     {{{{"w1@h", 1}}, {Beating(1)}}, {{}, {Beating(9)}}, {{}, {Beating(17)}}},
     kQueues,
     ""},
    {"one that replied, was asked for all and is silent now",
     ControlMode::kFull,
     {{{{"w1@h", 4}}, {Beating(1)}}, {{}, {Beating(9)}}, {{}, {Beating(17)}}},
     kQueues,
     "if it takes no tasks either, start it again"},
    {"one that answers a part, three times",
     ControlMode::kFull,
     {{{{"w1@h", 2}}, {Beating(1)}}, {{{"w1@h", 2}}, {Beating(9)}}, {{{"w1@h", 3}}, {Beating(17)}}},
     kQueues,
     "w1@h answers some control calls and not all"},
    {"one that answers a part now and then",
     ControlMode::kFull,
     {{{{"w1@h", 2}}, {Beating(1)}},
      {{{"w1@h", 4}}, {Beating(9)}},
      {{{"w1@h", 3}}, {Beating(17)}},
      {{{"w1@h", 3}}, {Beating(25)}}},
     kAll,
     ""},
    {"one that hears nothing, as its mailbox is not there",
     ControlMode::kQueues,
     {{{}, {Beating(1)}, Strings{}}, {{}, {Beating(9)}, Strings{}}, {{}, {Beating(17)}, Strings{}}},
     kQueues,
     ""},
    {"one of two that hears and never replied",
     ControlMode::kQueues,
     {{{{"w2@h", 1}}, {Beating(1), Beating(1, 0, "w2@h")}, Strings{"w1@h", "w2@h"}},
      {{{"w2@h", 1}}, {Beating(9), Beating(9, 0, "w2@h")}, Strings{"w1@h", "w2@h"}}},
     {},
     "w1@h sends heartbeats and has never replied"},
    {"one of two that may not hear",
     ControlMode::kQueues,
     {{{{"w2@h", 1}}, {Beating(1), Beating(1, 0, "w2@h")}},
      {{{"w2@h", 1}}, {Beating(9), Beating(9, 0, "w2@h")}},
      {{{"w2@h", 1}}, {Beating(17), Beating(17, 0, "w2@h")}}},
     kQueues,
     ""},
    {"pickled replies",
     ControlMode::kFull,
     {{{}, {}, {}, "application/x-python-serialize"}},
     {},
     "workers reply in application/x-python-serialize, not in JSON"},
    {"an error",
     ControlMode::kQueues,
     {{{}, {}, {}, "", "active_queues"}},
     {},
     "w9@h answered active_queues with an error"},
    {"an error of what need not be asked",
     ControlMode::kFull,
     {{{}, {}, {}, "", "stats"}},
     kQueues,
     "w9@h answered stats with an error"},
};

TEST_CASE("workers are asked no more than they were seen to answer") {
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    ControlScope scope(c.mode);
    for (const Round& round : c.rounds) {
      ControlRound came;
      came.answered = round.answered;
      came.foreign_type = round.foreign_type;
      came.failed_method = round.failed_method;
      came.failed_worker = "w9@h";
      scope.Took(scope.Methods(true).size(), came, round.listeners, round.pulses);
    }
    CHECK(scope.Methods(true) == c.asked);
    CHECK(scope.problem().has_value() == !c.said.empty());
    if (!scope.problem()) continue;
    CHECK(std::string(scope.problem()->what()).find(c.said) != std::string::npos);
    CHECK(scope.problem()->part() == "control");
  }
}

TEST_CASE("by default workers are asked for their queues alone") {
  CHECK(ControlScope(ControlMode::kNone).Methods(false).empty());
  CHECK(ControlScope(ControlMode::kQueues).Methods(false) == kQueues);
  CHECK(ControlScope(ControlMode::kFull).Methods(true) == kAll);
  CHECK(ControlScope(ControlMode::kFull).Methods(false).back() == "scheduled");
}

ControlRound AnsweredBy(const std::string& hostname, std::size_t calls = 1) {
  ControlRound round;
  round.answered[hostname] = calls;
  return round;
}

constexpr exporter::SteadyTime kNow{std::chrono::hours(1)};

ControlOrder OrderOf(ControlScope& scope, const ControlTakers& takers,
                     const std::vector<WorkerPulse>& pulses, bool knows_heartbeats = true,
                     exporter::SteadyTime now = kNow) {
  return scope.OrderOf(takers, pulses, knows_heartbeats, now);
}

TEST_CASE("a worker is asked with others once it has replied in its present process") {
  const ControlTakers takers{{"w1@h", "w2@h"}, 2};
  ControlScope scope(ControlMode::kQueues);
  CHECK(OrderOf(scope, takers, {Beating(1)}).together.empty());
  scope.Took(1, AnsweredBy("w1@h"), Strings{"w1@h"}, {Beating(1)});
  CHECK(OrderOf(scope, takers, {Beating(2)}).together == Strings{"w1@h"});
  CHECK(OrderOf(scope, takers, {Beating(2)}).alone == Strings{"w2@h"});
  CHECK(OrderOf(scope, takers, {Beating(1, 1)}).together.empty());
}

TEST_CASE("a worker without heartbeats is the same as long as it has its mailbox") {
  const ControlTakers takers{{"w1@h"}, 1};
  ControlScope scope(ControlMode::kQueues);
  OrderOf(scope, takers, {});
  scope.Took(1, AnsweredBy("w1@h"), Strings{"w1@h"}, {});
  CHECK(OrderOf(scope, takers, {}).together == Strings{"w1@h"});
  CHECK(OrderOf(scope, takers, {Beating(1)}).together == Strings{"w1@h"});
  OrderOf(scope, {{}, 0}, {});
  CHECK(OrderOf(scope, takers, {}).alone == Strings{"w1@h"});
}

TEST_CASE("of all calls each worker is asked alone") {
  const ControlTakers takers{{"w1@h"}, 1};
  ControlScope full(ControlMode::kFull);
  OrderOf(full, takers, {});
  full.Took(4, AnsweredBy("w1@h", 4), Strings{"w1@h"}, {Beating(1)});
  CHECK(OrderOf(full, takers, {Beating(2)}).alone == Strings{"w1@h"});
}

TEST_CASE("those who can be expected to reply are asked first, and who waited for the longest") {
  const ControlTakers takers{{"a@h", "b@h", "c@h", "d@h"}, 3};
  ControlScope scope(ControlMode::kFull);
  OrderOf(scope, takers, {});
  scope.Took(1, {}, Strings{"a@h"}, {});
  scope.Took(1, AnsweredBy("b@h"), Strings{"b@h"}, {});
  CHECK(OrderOf(scope, takers, {Beating(1, 0, "d@h")}).alone ==
        Strings{"d@h", "c@h", "b@h", "a@h"});
  CHECK(scope.HasAsked("a@h"));
  CHECK_FALSE(scope.HasAsked("c@h"));
}

TEST_CASE("one without heartbeats that never replied is asked more and more rarely") {
  const ControlTakers takers{{"w1@h"}, 1};
  ControlScope scope(ControlMode::kQueues);
  int asked = 0;
  for (int round = 0; round < 1000; ++round) {
    const Strings alone = OrderOf(scope, takers, {}).alone;
    if (alone.empty()) continue;
    ++asked;
    scope.Took(1, {}, alone, {});
  }
  CHECK(asked == 11);
  CHECK(OrderOf(scope, takers, {Beating(1)}).alone == Strings{"w1@h"});
}

TEST_CASE("nobody is asked for the first time beside a worker that listens no more") {
  const std::vector<WorkerPulse> both = {Beating(1), Beating(1, 0, "w2@h")};
  std::vector<WorkerPulse> killed = both;
  killed[1].is_recent = false;
  using Held = ControlOrder::Held;
  const struct {
    const char* name;
    ControlTakers takers;
    std::vector<WorkerPulse> pulses;
    bool knows_heartbeats;
    Held held;
  } cases[] = {
      {"all listen", {{"w1@h", "w2@h"}, 2}, both, true, Held::kNot},
      {"all listen, and nobody was heard yet", {{"w1@h", "w2@h"}, 2}, {}, false, Held::kNot},
      {"one does not, and both live", {{"w1@h", "w2@h"}, 1}, both, true, Held::kDeaf},
      {"one does not, and was killed", {{"w1@h", "w2@h"}, 1}, killed, true, Held::kNot},
      {"one does not, and nobody was heard yet",
       {{"w1@h", "w2@h"}, 1},
       {},
       false,
       Held::kAwaitsHeartbeats},
      {"one does not, and sends no heartbeats", {{"w1@h", "w2@h"}, 1}, {}, true, Held::kNot},
      {"one takes no control calls", {{"w1@h"}, 1}, both, true, Held::kNot},
  };
  for (const auto& c : cases) {
    CAPTURE(std::string(c.name));
    ControlScope scope(ControlMode::kQueues);
    const ControlOrder order = OrderOf(scope, c.takers, c.pulses, c.knows_heartbeats);
    CHECK(order.held == c.held);
    CHECK(order.alone.empty() == (c.held != Held::kNot));
  }
}

TEST_CASE("of workers that did not answer as many may be dead as do not listen") {
  using Held = ControlOrder::Held;
  const Strings names = {"w1@h", "w2@h", "w3@h"};
  const struct {
    const char* name;
    std::size_t listening;  // When w1 is asked.
    ControlTakers after;    // At the look after that.
    Held held;
  } cases[] = {
      {"all listen: it is busy", 3, {names, 3}, Held::kInDoubt},
      {"one does not: it may be that one", 2, {names, 2}, Held::kNot},
      {"all listened, and one does no more", 3, {names, 2}, Held::kMayHaveStopped},
      {"one did not, and another does no more", 2, {names, 1}, Held::kNot},
      {"all listened, and another went in order", 3, {{"w1@h", "w2@h"}, 2}, Held::kInDoubt},
      {"its mailbox is gone, as while it binds it anew",
       3,
       {{"w2@h", "w3@h"}, 2},
       Held::kMayHaveStopped},
      {"more listen than there are workers", 4, {names, 3}, Held::kMayHaveStopped},
  };
  for (const auto& c : cases) {
    CAPTURE(std::string(c.name));
    ControlScope scope(ControlMode::kQueues);
    OrderOf(scope, {names, c.listening}, {});
    scope.Took(1, {}, Strings{"w1@h"}, {});
    CHECK(OrderOf(scope, c.after, {}).held == c.held);
    CHECK(scope.MayAsk("w2@h") == (c.held == Held::kNot));
    CHECK_FALSE(scope.problem().has_value());
    // Workers do not wait for ever.
    CHECK(OrderOf(scope, c.after, {}, true, kNow + std::chrono::minutes(11)).held == Held::kNot);
  }
}

TEST_CASE("a worker whose mailbox stays away has gone in order") {
  ControlScope scope(ControlMode::kQueues);
  OrderOf(scope, {{"w1@h", "w2@h"}, 2}, {});
  scope.Took(1, {}, Strings{"w1@h"}, {});
  OrderOf(scope, {{"w2@h"}, 1}, {});
  CHECK(OrderOf(scope, {{"w2@h"}, 1}, {}).held == ControlOrder::Held::kNot);
}

TEST_CASE("of all calls a worker that owes replies and lost its mailbox holds nobody back") {
  ControlScope scope(ControlMode::kFull);
  const std::vector<WorkerPulse> pulses = {Beating(1), Beating(1, 0, "w2@h")};
  OrderOf(scope, {{"w1@h", "w2@h"}, 2}, pulses);
  scope.Took(4, AnsweredBy("w1@h", 1), Strings{"w1@h"}, pulses);
  CHECK(OrderOf(scope, {{"w1@h", "w2@h"}, 2}, pulses).alone == Strings{"w1@h"});
  OrderOf(scope, {{"w2@h"}, 2}, pulses);
  CHECK(OrderOf(scope, {{"w2@h"}, 2}, pulses).alone == Strings{"w2@h"});
}

TEST_CASE("a worker is not judged by calls that failed, and keeps others waiting") {
  const ControlTakers takers{{"w1@h", "w2@h"}, 2};
  ControlScope scope(ControlMode::kQueues);
  for (std::uint64_t beats = 1; beats < 100; beats += 10) {
    OrderOf(scope, takers, {Beating(beats)});
    scope.Failed("w1@h", {Beating(beats)});
  }
  CHECK_FALSE(scope.problem().has_value());
  CHECK(OrderOf(scope, takers, {Beating(100)}).held == ControlOrder::Held::kInDoubt);
  CHECK_FALSE(scope.MayAsk("w2@h"));
}

TEST_CASE("a worker that answers after all was not stopped, and keeps nobody waiting") {
  const Strings names = {"w1@h", "w2@h", "w3@h"};
  ControlScope scope(ControlMode::kQueues);
  OrderOf(scope, {names, 3}, {});
  scope.Took(1, {}, Strings{"w1@h"}, {});
  CHECK(OrderOf(scope, {names, 2}, {}).held == ControlOrder::Held::kMayHaveStopped);
  scope.Took(1, AnsweredBy("w1@h"), Strings{"w1@h"}, {});
  CHECK(OrderOf(scope, {names, 2}, {}).held == ControlOrder::Held::kNot);
}

TEST_CASE("of all calls a worker that may have been stopped is a reason to ask less") {
  const ControlTakers takers{{"w1@h", "w2@h"}, 2};
  ControlScope scope(ControlMode::kFull);
  OrderOf(scope, takers, {});
  scope.Took(4, AnsweredBy("w1@h", 1), Strings{"w1@h"}, {});
  scope.LookAt({takers.workers, 1}, {}, kNow);
  CHECK(scope.Methods(true) == kQueues);
  CHECK(std::string(scope.problem()->what()).find("since w1@h was asked") != std::string::npos);
}

TEST_CASE("workers whose events are not JSON are not asked, and the first reason stays") {
  ControlScope scope(ControlMode::kQueues);
  scope.HeardEvents("");
  scope.HeardEvents("application/json");
  CHECK(scope.Methods(true) == kQueues);
  scope.HeardEvents("application/x-python-serialize");
  CHECK(scope.Methods(true).empty());
  REQUIRE(scope.problem().has_value());
  CHECK(scope.problem()->kind() == ErrorKind::kProtocol);
  scope.HeardEvents("application/x-yaml");
  CHECK(std::string(scope.problem()->what()).find("x-python-serialize") != std::string::npos);
}

TEST_CASE("a round tells who answered how many calls, and what was no answer") {
  const auto reply = [](const std::string& method, const std::string& body,
                        const std::string& type = "application/json") {
    return ControlReply{"", body, method, type};
  };
  const ControlRound round = ReadRound({
      reply("active_queues", R"({"w1@h": [{"name": "mail"}]})"),
      reply("active", R"({"w1@h": []})"),
      reply("active_queues", R"({"w2@h": []})", ""),
      reply("stats", R"-({"w2@h": {"error": "KeyError('secret')"}})-"),
      reply("stats", "cut off"),
  });
  CHECK(round.answered == std::map<std::string, std::size_t>{{"w1@h", 2}, {"w2@h", 1}});
  CHECK(round.replies.size() == 3);
  CHECK(round.failed_method == "stats");
  CHECK(round.failed_worker == "w2@h");
  CHECK(round.foreign_type.empty());
  CHECK(ReadRound({reply("ping", "\x80\x04", "application/x-python-serialize")}).foreign_type ==
        "application/x-python-serialize");
}

}  // namespace
}  // namespace collectors
