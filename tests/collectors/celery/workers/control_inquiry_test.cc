#include "collectors/celery/workers/control_inquiry.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "exporter/seam/watchdog.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using std::chrono::milliseconds;
using Strings = std::vector<std::string>;

// A worker as its broker sees it.
struct Neighbour {
  bool is_odd = false;   // Its reply raises, and it stops listening.
  bool is_busy = false;  // It listens and does not reply.
  bool is_mute = false;  // The same for good: its reply raises, but that does not stop it.
  // It replies to the first call. Its reply to the next one raises, so many looks later.
  int raises_after = 0;
  bool beats = true;
  bool listens = true;
  std::uint64_t process = 0;
  int asked = 0;
  int looks_left = 0;  // Until it listens no more.
  // For so many looks after it was stopped its mailbox is gone: it binds it anew.
  int rebinds_after = 0;
};

class Neighbourhood : public CeleryBroker {
 public:
  BrokerReading Read(const CollectContext&, const Strings&) override { return {}; }
  bool TellsScheduled() const override { return true; }
  Strings FindQueues(const CollectContext&) override { return {}; }
  std::optional<ControlTakers> Takers(const CollectContext&) override {
    ControlTakers takers;
    for (auto& [name, worker] : workers) {
      if (worker.looks_left > 0 && --worker.looks_left == 0) worker.listens = false;
      if (!worker.listens && worker.rebinds_after-- > 0) continue;
      takers.workers.push_back(name);
      takers.listening += worker.listens ? 1 : 0;
    }
    return takers;
  }
  std::vector<ControlReply> Call(const CollectContext&, const ControlCall& call,
                                 milliseconds) override {
    ++calls;
    std::vector<ControlReply> replies;
    for (auto& [name, worker] : workers) {
      const bool is_meant = !call.workers || std::find(call.workers->begin(), call.workers->end(),
                                                       name) != call.workers->end();
      if (!is_meant || !worker.listens) continue;
      ++worker.asked;
      if (worker.is_odd) worker.listens = false;
      if (worker.is_odd || worker.is_busy || worker.is_mute) continue;
      for (const std::string& method : call.methods) {
        if (worker.raises_after > 0 && method != call.methods.front()) {
          if (worker.looks_left == 0) worker.looks_left = worker.raises_after;
          break;
        }
        const char* const body = method == "stats" ? R"({"pool": {}})" : "[]";
        replies.push_back({"", "{\"" + name + "\": " + body + "}", method});
      }
    }
    if (after_call) after_call();
    if (calls == fails_at) throw CollectError(ErrorKind::kTimeout, "no answer");
    return replies;
  }

  std::vector<WorkerPulse> Pulses() {
    ++beats;
    std::vector<WorkerPulse> pulses;
    for (const auto& [name, worker] : workers) {
      if (worker.beats) pulses.push_back({name, worker.process, beats, !worker.is_busy});
    }
    return pulses;
  }
  std::size_t Deaf() const {
    return std::count_if(workers.begin(), workers.end(),
                         [](const auto& entry) { return !entry.second.listens; });
  }

  std::map<std::string, Neighbour> workers;
  int calls = 0;
  int fails_at = 0;
  std::function<void()> after_call;
  std::uint64_t beats = 0;
};

// An exporter. A new one stands for a restart.
struct Exporter {
  explicit Exporter(Neighbourhood& place, ControlMode mode = ControlMode::kQueues)
      : broker(place), scope(mode) {}

  ControlInquiry::Result Ask() {
    const Strings methods = scope.Methods(true);
    if (methods.empty()) return {};
    exporter::Watchdog watchdog;
    ControlInquiry inquiry(
        broker, scope, [this] { return broker.Pulses(); }, methods, milliseconds(1000), true);
    return inquiry.Run({Deadline::After(std::chrono::minutes(1)), watchdog});
  }

  Neighbourhood& broker;
  ControlScope scope;
};

Neighbour Odd() { return {.is_odd = true}; }
Neighbour Unheard(Neighbour worker = {}) {
  worker.beats = false;
  return worker;
}

TEST_CASE("of workers whose reply raises one is lost at most") {
  const struct {
    const char* name;
    std::map<std::string, Neighbour> workers;
  } cases[] = {
      {"of one application", {{"a@h", Odd()}, {"b@h", Odd()}, {"c@h", Odd()}}},
      {"beside another application", {{"a@h", {}}, {"b@h", Odd()}, {"c@h", Odd()}, {"d@h", Odd()}}},
      {"without heartbeats", {{"a@h", Unheard(Odd())}, {"b@h", Unheard(Odd())}}},
      {"beside one without heartbeats", {{"a@h", Unheard()}, {"b@h", Odd()}, {"c@h", Odd()}}},
      {"beside one that was killed",
       {{"a@h", {.beats = false, .listens = false}}, {"b@h", Odd()}, {"c@h", Odd()}}},
      {"beside one that is busy",
       {{"a@h", Unheard({.is_busy = true})}, {"b@h", Odd()}, {"c@h", Odd()}}},
  };
  for (const auto& c : cases) {
    for (const auto& [mode, looks] : {std::pair{ControlMode::kQueues, 0},
                                      {ControlMode::kFull, 0},
                                      {ControlMode::kQueues, 1},
                                      {ControlMode::kFull, 1}}) {
      CAPTURE(std::string(c.name));
      Neighbourhood broker;
      broker.workers = c.workers;
      for (auto& [name, worker] : broker.workers) worker.rebinds_after = worker.listens ? looks : 0;
      const std::size_t deaf = broker.Deaf();
      Exporter exporter(broker, mode);
      for (int round = 0; round < 20; ++round) exporter.Ask();
      CHECK(broker.Deaf() <= deaf + 1);
    }
  }
}

TEST_CASE("of workers whose second reply raises late one is lost") {
  for (const bool beats : {true, false}) {
    for (const int looks : {1, 2, 3, 5, 50}) {
      CAPTURE(beats);
      CAPTURE(looks);
      Neighbourhood broker;
      for (const char* name : {"a@h", "b@h", "c@h"}) {
        broker.workers[name] = {.raises_after = looks, .beats = beats, .rebinds_after = 1};
      }
      Exporter exporter(broker, ControlMode::kFull);
      for (int round = 0; round < 60; ++round) exporter.Ask();
      CHECK(broker.Deaf() == 1);
      CHECK(exporter.scope.problem().has_value());
    }
  }
}

TEST_CASE("a worker that answers some calls and then none keeps no other waiting for long") {
  Neighbourhood broker;
  broker.workers["a@h"] = Unheard({.raises_after = 1000});
  broker.workers["b@h"] = Unheard();
  Exporter exporter(broker, ControlMode::kFull);
  exporter.Ask();
  CHECK(broker.workers["b@h"].asked == 0);
  broker.workers["a@h"].is_busy = true;
  for (int round = 0; round < 4; ++round) exporter.Ask();
  CHECK(broker.workers["b@h"].asked > 0);
  CHECK(exporter.scope.Methods(true) == Strings{"active_queues"});
}

TEST_CASE("a worker that is slow once keeps no other waiting for long") {
  Neighbourhood broker;
  for (const char* name : {"a@h", "b@h"}) broker.workers[name] = Unheard();
  Exporter exporter(broker, ControlMode::kFull);
  exporter.Ask();
  broker.workers["a@h"].is_busy = true;
  exporter.Ask();
  exporter.Ask();
  broker.workers["a@h"].is_busy = false;
  const int before = broker.workers["b@h"].asked;
  for (int round = 0; round < 3; ++round) exporter.Ask();
  CHECK(broker.workers["b@h"].asked == before + 3);
  CHECK_FALSE(exporter.scope.problem().has_value());
}

TEST_CASE("busy workers whose late reply raises are not asked all at once") {
  Neighbourhood broker;
  for (const char* name : {"a@h", "b@h", "c@h"}) broker.workers[name] = Unheard({.is_busy = true});
  Exporter exporter(broker);
  for (int round = 0; round < 30; ++round) exporter.Ask();
  CHECK(broker.workers["a@h"].asked > 1);
  CHECK(broker.workers["b@h"].asked + broker.workers["c@h"].asked == 0);
}

TEST_CASE("a deployment whose replies raise costs one worker, also of proven names") {
  Neighbourhood broker;
  for (const char* name : {"a@h", "b@h", "c@h"}) broker.workers[name] = {};
  Exporter exporter(broker);
  for (int round = 0; round < 3; ++round) CHECK(exporter.Ask().replies.size() == 3);
  for (auto& [name, worker] : broker.workers) {
    worker.is_odd = true;
    ++worker.process;
  }
  for (int round = 0; round < 20; ++round) exporter.Ask();
  CHECK(broker.Deaf() == 1);
}

TEST_CASE("an exporter that starts again, or another one, asks nobody beside a stopped worker") {
  Neighbourhood broker;
  for (const char* name : {"a@h", "b@h", "c@h"}) broker.workers[name] = Odd();
  for (int start = 0; start < 10; ++start) {
    Exporter exporter(broker);
    for (int round = 0; round < 3; ++round) {
      const auto result = exporter.Ask();
      if (start > 0) CHECK(result.held == ControlOrder::Held::kDeaf);
    }
  }
  CHECK(broker.Deaf() == 1);
}

TEST_CASE("proven workers are asked in one call, and go on to be beside a stopped one") {
  Neighbourhood broker;
  for (const char* name : {"a@h", "b@h", "c@h"}) broker.workers[name] = {};
  Exporter exporter(broker);
  CHECK(exporter.Ask().replies.size() == 3);
  CHECK(broker.calls == 3);
  CHECK(exporter.Ask().replies.size() == 3);
  CHECK(broker.calls == 4);
  broker.workers["d@h"] = {.listens = false};
  broker.workers["e@h"] = {};
  const auto result = exporter.Ask();
  CHECK(result.held == ControlOrder::Held::kDeaf);
  CHECK(result.replies.size() == 3);
  CHECK(result.reach.misses_some);
  CHECK_FALSE(result.reach.wants_more);
  CHECK(broker.workers["e@h"].asked == 0);
}

TEST_CASE("workers that are killed and replaced are never a reason to ask nobody") {
  for (const bool beats : {true, false}) {
    Neighbourhood broker;
    for (const char* name : {"a@h", "b@h", "c@h"}) broker.workers[name] = {.beats = beats};
    Exporter exporter(broker);
    for (int round = 0; round < 3; ++round) exporter.Ask();
    for (const std::string name : {"a@h", "b@h", "c@h"}) {
      broker.workers[name] = {.beats = false, .listens = false};
      for (int round = 0; round < 3; ++round) exporter.Ask();
      broker.workers["new-" + name] = {.beats = beats};
      for (int round = 0; round < 3; ++round) exporter.Ask();
    }
    const auto result = exporter.Ask();
    CHECK(result.replies.size() == 3);
    CHECK_FALSE(result.reach.misses_some);
    CHECK(result.held == ControlOrder::Held::kNot);
    CHECK_FALSE(exporter.scope.problem().has_value());
  }
}

TEST_CASE("mailboxes of killed workers cost no call when all who listen have answered") {
  Neighbourhood broker;
  broker.workers["a@h"] = {};
  for (int dead = 0; dead < 50; ++dead) {
    broker.workers["dead" + std::to_string(dead) + "@h"] = {.beats = false, .listens = false};
  }
  Exporter exporter(broker);
  const auto result = exporter.Ask();
  CHECK(result.replies.size() == 1);
  CHECK(broker.calls == 1);
  CHECK_FALSE(result.reach.misses_some);
}

TEST_CASE("a live worker is found among the mailboxes of killed ones") {
  Neighbourhood broker;
  for (int dead = 0; dead < 50; ++dead) {
    broker.workers["dead" + std::to_string(dead) + "@h"] = {.beats = false, .listens = false};
  }
  broker.workers["z@h"] = Unheard();
  Exporter exporter(broker);
  int rounds = 0;
  while (exporter.Ask().replies.empty() && rounds < 100) ++rounds;
  CHECK(rounds <= 20);
  CHECK_FALSE(exporter.Ask().reach.misses_some);
}

TEST_CASE("of more workers than one round can ask all are asked in turns") {
  Neighbourhood broker;
  for (int i = 0; i < 450; ++i) broker.workers["w" + std::to_string(i) + "@h"] = Unheard();
  Exporter exporter(broker);
  const bool misses[] = {true, true, false};
  for (const bool misses_some : misses) {
    const auto result = exporter.Ask();
    CHECK(result.reach.misses_some == misses_some);
    CHECK(result.reach.wants_more == misses_some);
  }
  for (const auto& [name, worker] : broker.workers) CHECK(worker.asked >= 1);
}

TEST_CASE("after a worker that lives and never replied no other is asked for the first time") {
  Neighbourhood broker;
  for (const char* name : {"b@h", "c@h", "d@h"}) broker.workers[name] = {.is_mute = true};
  broker.workers["a@h"] = {};
  Exporter exporter(broker);
  const auto result = exporter.Ask();
  CHECK(result.replies.size() == 1);
  CHECK(result.reach.misses_some);
  CHECK_FALSE(result.reach.wants_more);
  for (int round = 0; round < 20; ++round) exporter.Ask();
  CHECK(exporter.scope.problem().has_value());
  CHECK(broker.workers["b@h"].asked > 1);
  CHECK(broker.workers["c@h"].asked + broker.workers["d@h"].asked == 0);
}

TEST_CASE("a worker that was stopped by a call that failed is found all the same") {
  Neighbourhood broker;
  for (const char* name : {"a@h", "b@h"}) broker.workers[name] = Unheard(Odd());
  broker.fails_at = 1;
  Exporter exporter(broker);
  CHECK(exporter.Ask().reach.misses_some);
  for (int round = 0; round < 5; ++round) exporter.Ask();
  CHECK(broker.Deaf() == 1);
}

TEST_CASE("what workers replied before a failure is kept") {
  Neighbourhood broker;
  for (const char* name : {"a@h", "b@h", "c@h"}) broker.workers[name] = {};
  broker.fails_at = 3;
  const auto result = Exporter(broker).Ask();
  CHECK(result.replies.size() == 2);
  REQUIRE(result.failure.has_value());
  CHECK(result.failure->kind() == ErrorKind::kTimeout);
}

}  // namespace
}  // namespace collectors
