#include "collectors/celery/queue_ages.h"

#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace collectors {
namespace {

using std::chrono::seconds;

constexpr exporter::SteadyTime kStart{std::chrono::hours(1)};
constexpr double kEpoch = 1'700'000'000;

// Reads a queue at `at` seconds, with what events have reported until then.
class Watcher {
 public:
  std::map<std::string, double> since;   // By uuid; seconds from the start.
  std::map<std::string, double> oldest;  // By queue; seconds from the start.

  std::optional<QueueAge> At(int at, const QueueReading& reading) {
    const auto look_up = [](const std::map<std::string, double>& times, std::string_view name) {
      const auto found = times.find(std::string(name));
      return found == times.end() ? std::optional<double>() : kEpoch + found->second;
    };
    return ages_.AgeOf(
        reading, [&](std::string_view uuid) { return look_up(since, uuid); },
        [&](std::string_view queue, double) { return look_up(oldest, queue); },
        kStart + seconds(at), kEpoch + at);
  }
  // "12 head", or "" if the age is absent.
  std::string Line(int at, const QueueReading& reading) {
    const auto age = At(at, reading);
    return age ? std::to_string(static_cast<int>(age->seconds)) + " " + std::string(age->source)
               : "";
  }
  QueueAges& ages() { return ages_; }

 private:
  QueueAges ages_;
};

QueueHead Head(const std::string& tag, std::optional<double> eta = {}) {
  return {tag, "uuid-" + tag, eta ? std::optional(kEpoch + *eta) : std::nullopt};
}

QueueReading OfRedis(double waiting, std::vector<QueueHead> heads) {
  QueueReading reading;
  reading.name = "celery";
  reading.waiting = waiting;
  reading.heads = std::move(heads);
  reading.knows_heads = true;
  return reading;
}

QueueReading OfRabbit(double waiting) {
  QueueReading reading;
  reading.name = "celery";
  reading.waiting = waiting;
  return reading;
}

TEST_CASE("a head that stays is at least as old as it has been watched") {
  Watcher watcher;
  CHECK(watcher.Line(0, OfRedis(3, {Head("a")})) == "0 head");
  CHECK(watcher.Line(15, OfRedis(3, {Head("a")})) == "15 head");
  CHECK(watcher.Line(30, OfRedis(2, {Head("b")})) == "0 head");
  CHECK(watcher.Line(45, OfRedis(2, {Head("b")})) == "15 head");
}

TEST_CASE("the oldest of all priorities counts, whichever of them come and go") {
  Watcher watcher;
  CHECK(watcher.Line(0, OfRedis(1, {Head("low")})) == "0 head");
  CHECK(watcher.Line(10, OfRedis(2, {Head("high"), Head("low")})) == "10 head");
  CHECK(watcher.Line(20, OfRedis(1, {Head("low")})) == "20 head");
}

TEST_CASE("a head whose task-sent came has its age of it") {
  Watcher watcher;
  watcher.since["uuid-a"] = -100;
  CHECK(watcher.Line(0, OfRedis(1, {Head("a")})) == "100 event");
  CHECK(watcher.Line(5, OfRedis(1, {Head("a")})) == "105 event");
}

TEST_CASE("where one head is known by its event and another is not, it is a lower bound") {
  Watcher watcher;
  watcher.since["uuid-a"] = -100;
  CHECK(watcher.Line(0, OfRedis(2, {Head("a"), Head("b")})) == "100 head");
}

TEST_CASE("a sender's clock that is ahead makes no age below 0") {
  Watcher watcher;
  watcher.since["uuid-a"] = 50;
  CHECK(watcher.Line(0, OfRedis(1, {Head("a")})) == "0 event");
  watcher.oldest["celery"] = 50;
  watcher.Line(0, OfRabbit(1));
  CHECK(watcher.Line(1, OfRabbit(1)) == "0 event");
}

TEST_CASE("a head that waits for its time is not old, and gets older from then on") {
  Watcher watcher;
  CHECK(watcher.Line(0, OfRedis(1, {Head("a", 60)})) == "0 head");
  CHECK(watcher.Line(59, OfRedis(1, {Head("a", 60)})) == "0 head");
  CHECK(watcher.Line(70, OfRedis(1, {Head("a", 60)})) == "10 head");
  // A due head counts alone beside one that is not due.
  CHECK(watcher.Line(80, OfRedis(2, {Head("b"), Head("c", 600)})) == "0 head");
  CHECK(watcher.Line(85, OfRedis(2, {Head("b"), Head("c", 600)})) == "5 head");
}

TEST_CASE("an empty queue is 0, by the source that told of it last") {
  Watcher watcher;
  CHECK(watcher.Line(0, OfRedis(0, {})) == "0 head");
  watcher.since["uuid-a"] = -1;
  CHECK(watcher.Line(1, OfRedis(1, {Head("a")})) == "2 event");
  CHECK(watcher.Line(2, OfRedis(0, {})) == "0 event");
  CHECK(Watcher().Line(0, OfRabbit(0)) == "0 event");
}

TEST_CASE("a broker that shows no heads leaves it to the events") {
  Watcher watcher;
  CHECK(watcher.Line(0, OfRabbit(7)).empty());
  watcher.oldest["celery"] = -30;
  watcher.Line(1, OfRabbit(7));
  CHECK(watcher.Line(2, OfRabbit(7)) == "32 event");
}

TEST_CASE("by events the first task of a queue is an earlier one only if it is found twice") {
  Watcher watcher;
  CHECK(watcher.Line(0, OfRabbit(0)) == "0 event");
  watcher.oldest["celery"] = 8;
  CHECK(watcher.Line(10, OfRabbit(2)) == "2 event");
  watcher.oldest["celery"] = -3600;
  CHECK(watcher.Line(20, OfRabbit(2)).empty());
  watcher.oldest["celery"] = 9;
  CHECK(watcher.Line(30, OfRabbit(2)) == "21 event");
  watcher.oldest["celery"] = -3600;
  CHECK(watcher.Line(40, OfRabbit(2)).empty());
  CHECK(watcher.Line(50, OfRabbit(2)) == "3650 event");
  // After it was unknown, a time must be found twice again.
  watcher.oldest.clear();
  CHECK(watcher.Line(60, OfRabbit(2)).empty());
  watcher.oldest["celery"] = 55;
  CHECK(watcher.Line(70, OfRabbit(2)).empty());
  CHECK(watcher.Line(80, OfRabbit(2)) == "25 event");
}

TEST_CASE("what is unknown has no age") {
  Watcher watcher;
  QueueReading reading = OfRedis(0, {});
  reading.waiting.reset();
  CHECK(watcher.Line(0, reading).empty());
  CHECK(watcher.Line(0, OfRedis(4, {})).empty());  // The task was taken between two commands.
}

TEST_CASE("a queue that is no longer asked for is forgotten") {
  Watcher watcher;
  CHECK(watcher.Line(0, OfRedis(1, {Head("a")})) == "0 head");
  watcher.ages().Keep({"celery", "mail"});
  CHECK(watcher.Line(10, OfRedis(1, {Head("a")})) == "10 head");
  watcher.ages().Keep({"mail"});
  CHECK(watcher.Line(20, OfRedis(1, {Head("a")})) == "0 head");
}

}  // namespace
}  // namespace collectors
