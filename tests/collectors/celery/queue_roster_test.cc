#include "collectors/celery/queue_roster.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::Reading;
using exporter::SteadyTime;
using std::chrono::minutes;
using Strings = std::vector<std::string>;

const SteadyTime kStart = SteadyTime() + std::chrono::hours(1);

Strings PartsOf(const std::vector<CollectError>& problems) {
  Strings parts;
  for (const CollectError& problem : problems) parts.push_back(problem.part());
  return parts;
}

// Refuses those of `asked` that are in `refused`.
Reading Answer(QueueRoster& roster, const Strings& asked, const Strings& refused, ErrorKind kind,
               SteadyTime now = kStart) {
  std::vector<CollectError> problems;
  for (const std::string& queue : refused) problems.emplace_back(kind, "refused", queue);
  Reading reading;
  roster.Answered(asked, problems, now, reading);
  roster.AddStanding(asked, reading);
  return reading;
}

NamedQueues Heard(int count, const std::string& prefix = "q") {
  NamedQueues named;
  for (int i = 0; i < count; ++i) named.heard.insert(prefix + std::to_string(i));
  return named;
}

}  // namespace

TEST_CASE("the configured queues come in their order, then the others by name, each once") {
  QueueRoster roster({"zebra", "celery"});
  const NamedQueues named = {{"mail", "celery"}, {"audit", "mail", "zebra"}};
  CHECK(roster.ToAsk(named, kStart) == Strings{"zebra", "celery", "audit", "mail"});
}

TEST_CASE("a configured queue that was refused is asked for in every fifth run, and stands") {
  for (const ErrorKind kind : {ErrorKind::kMissing, ErrorKind::kQuery, ErrorKind::kPermission}) {
    QueueRoster roster({"mail"});
    for (int round = 0; round < 2; ++round) {
      CHECK(roster.ToAsk({}, kStart) == Strings{"mail"});
      const Reading reading = Answer(roster, {"mail"}, {"mail"}, kind);
      CHECK(PartsOf(reading.problems) == Strings{"mail"});
      CHECK(reading.standing.empty());
      for (int i = 0; i < 4; ++i) {
        CHECK(roster.ToAsk({}, kStart).empty());
        const Reading resting = Answer(roster, {}, {}, kind);
        CHECK(resting.problems.empty());
        CHECK(PartsOf(resting.standing) == Strings{"mail"});
      }
    }
    CHECK(roster.ToAsk({}, kStart) == Strings{"mail"});
    CHECK(Answer(roster, {"mail"}, {}, kind).problems.empty());
    CHECK(roster.ToAsk({}, kStart) == Strings{"mail"});
  }
}

TEST_CASE("a queue that was refused is asked for at once when a worker comes that serves it") {
  for (const Strings& configured : {Strings{"mail"}, Strings{}}) {
    QueueRoster roster(configured);
    CHECK(roster.ToAsk({{}, {"mail"}}, kStart) == Strings{"mail"});
    Answer(roster, {"mail"}, {"mail"}, ErrorKind::kMissing);
    CHECK(roster.ToAsk({{}, {"mail"}}, kStart).empty());
    const NamedQueues served = {{"mail"}, {}};
    CHECK(roster.ToAsk(served, kStart) == Strings{"mail"});
    // It was already served when it was refused, so it is not asked for again.
    Answer(roster, {"mail"}, {"mail"}, ErrorKind::kPermission);
    CHECK(roster.ToAsk(served, kStart).empty());
  }
}

TEST_CASE("a failure that is no refusal of the queue does not make it rest") {
  QueueRoster roster({"mail"});
  const NamedQueues named = {{}, {"orders"}};
  CHECK(PartsOf(Answer(roster, {"mail", "orders"}, {"mail", "orders"}, ErrorKind::kProtocol)
                    .problems) == Strings{"mail", "orders"});
  CHECK(roster.ToAsk(named, kStart) == Strings{"mail", "orders"});
}

TEST_CASE("what others name and is no queue rests for ten minutes, and is nobody's problem") {
  for (const ErrorKind kind : {ErrorKind::kMissing, ErrorKind::kQuery}) {
    for (const NamedQueues& named : {NamedQueues{{"gone"}, {}}, NamedQueues{{}, {"gone"}}}) {
      QueueRoster roster({});
      CHECK(roster.ToAsk(named, kStart) == Strings{"gone"});
      const Reading reading = Answer(roster, {"gone"}, {"gone"}, kind);
      CHECK(reading.problems.empty());
      CHECK(reading.standing.empty());
      CHECK(roster.Shown({"gone"}).empty());
      CHECK(roster.ToAsk(named, kStart + minutes(9)).empty());
      CHECK(roster.ToAsk(named, kStart + minutes(10)) == Strings{"gone"});
    }
  }
}

TEST_CASE("what others name and may not be seen rests too, and its problem stands") {
  QueueRoster roster({});
  const NamedQueues named = {{"locked"}, {}};
  roster.ToAsk(named, kStart);
  CHECK(PartsOf(Answer(roster, {"locked"}, {"locked"}, ErrorKind::kPermission).problems) ==
        Strings{"locked"});
  CHECK(roster.ToAsk(named, kStart).empty());
  CHECK(PartsOf(Answer(roster, {}, {}, ErrorKind::kPermission).standing) == Strings{"locked"});
  roster.ToAsk(named, kStart + minutes(10));
  CHECK(Answer(roster, {"locked"}, {}, ErrorKind::kPermission).standing.empty());
}

TEST_CASE("a problem of the whole broker is always told") {
  QueueRoster roster({});
  const Reading reading = Answer(roster, {"mail"}, {"unacked"}, ErrorKind::kMissing);
  CHECK(PartsOf(reading.problems) == Strings{"unacked"});
  CHECK(roster.Shown({"mail"}) == Strings{"mail"});
}

TEST_CASE("invented names cost a bounded number of questions in ten minutes") {
  QueueRoster roster({"mail"});
  std::size_t questions = 0;
  for (int run = 0; run < 20; ++run) {
    const SteadyTime now = kStart + run * std::chrono::seconds(15);
    Strings asked = roster.ToAsk(Heard(1200, "r" + std::to_string(run) + "-"), now);
    CHECK(asked.front() == "mail");
    asked.erase(asked.begin());
    questions += asked.size();
    CHECK(asked.size() <= QueueRoster::kMaxNewcomers);
    Answer(roster, asked, asked, ErrorKind::kMissing, now);
  }
  CHECK(questions == QueueRoster::kMaxRefused);
  // Queues that workers serve are still asked for.
  NamedQueues named = Heard(1200);
  named.served = {"audit"};
  CHECK(roster.ToAsk(named, kStart + minutes(6)) == Strings{"mail", "audit"});
}

TEST_CASE("names that may be too many for a run are fewer in the next") {
  QueueRoster roster({"mail"});
  const NamedQueues named = Heard(100);
  for (const std::size_t expected : {50, 25, 12, 6, 3, 1, 1}) {
    CHECK(roster.ToAsk(named, kStart).size() == 1 + expected);
  }
  const Strings asked = roster.ToAsk(named, kStart);
  Answer(roster, asked, asked, ErrorKind::kMissing);
  CHECK(roster.ToAsk(named, kStart).size() == 2);  // The configured one rests.
}

TEST_CASE("names of events that the broker has confirmed make room for more") {
  QueueRoster roster({});
  const NamedQueues named = Heard(150);
  Strings asked;
  for (const std::size_t expected : {50, 100, 150}) {
    asked = roster.ToAsk(named, kStart);
    CHECK(asked.size() == expected);
    Answer(roster, asked, {}, ErrorKind::kMissing);
  }
  CHECK(roster.Shown(asked) == asked);
}

}  // namespace collectors
