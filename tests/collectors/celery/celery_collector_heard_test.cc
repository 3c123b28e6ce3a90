// What a collector concludes from what it hears, or does not hear.

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "collectors/celery/celery_collector.h"
#include "tests/support/celery_run.h"

namespace collectors::scripted {

TEST_CASE("the first run waits for the stream of events, and says why it is down") {
  CeleryOptions options = Quiet();
  options.events = true;
  Run run(options, {}, false);
  Reading reading = run.Collect();
  CHECK(Said(reading.problems) == Strings{"events permission"});
  CHECK(Run::PageOf(std::move(reading)).at("celery_event_stream_up") == 0);
  Run good(options);
  reading = good.Collect();
  CHECK(reading.problems.empty());
  CHECK(Run::PageOf(std::move(reading)).at("celery_event_stream_up") == 1);
}

TEST_CASE("a stream that is not up in time is told in the first run") {
  CeleryOptions options = Quiet();
  options.events = true;
  Run run(options);
  const Reading reading = run.collector.Collect({Deadline::After(milliseconds(10)), run.watchdog});
  CHECK(Said(reading.problems) == Strings{"events timeout"});
}

TEST_CASE("a stream that says nothing while the broker does not answer is not up") {
  CeleryOptions options = Quiet();
  options.events = true;
  Run run(options);
  run.Collect();
  run.silent_since = std::chrono::steady_clock::now() - seconds(6);
  CHECK(run.Await("celery_event_stream_up"));
  run.script.before_read = [] { throw CollectError(ErrorKind::kTimeout, "no answer"); };
  const Deadline deadline = Deadline::After(seconds(10));
  double up = 1;
  while (up != 0 && !deadline.Expired())
    up = Run::PageOf(run.Collect()).at("celery_event_stream_up");
  CHECK(up == 0);
  run.script.before_read = [] {};
  CHECK(Run::PageOf(run.Collect()).at("celery_event_stream_up") == 1);
}

TEST_CASE("a worker that comes is asked by the next collection, whatever the interval") {
  CeleryOptions options;
  options.discover_queues = false;
  Run run(options, {kOnline}, true, std::chrono::hours(1));
  const Deadline deadline = Deadline::After(seconds(10));
  while (run.script.calls < 2 && !deadline.Expired()) run.Collect();
  for (int i = 0; i < 20; ++i) run.Collect();
  // Two rounds for the worker; before them one for all, unless the worker was heard first.
  const int calls = run.script.calls;
  CHECK(calls >= 2);
  CHECK(calls <= 3);
}

TEST_CASE("silence of workers that are heard is a problem of control calls") {
  struct Case {
    const char* name;
    Strings events;
    milliseconds control_timeout;
    std::string said;  // By the fourth round.
  };
  const Case cases[] = {
      {"no worker", {}, milliseconds(1), ""},
      {"a worker", {kOnline}, milliseconds(1), "control timeout"},
      {"a worker, and no time to wait for it", {kOnline}, std::chrono::hours(1), "control timeout"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    CeleryOptions options;
    options.discover_queues = false;
    options.control_timeout = c.control_timeout;
    Run run(options, c.events);
    if (!c.events.empty()) REQUIRE(run.Await("celery_worker_up w1@h"));
    Strings said;
    for (int i = 0; i < 4; ++i) said = Said(run.Collect().problems);
    CHECK(said == (c.said.empty() ? Strings{} : Strings{c.said}));
  }
}

TEST_CASE("of events that are not JSON it is said, and their workers are not asked") {
  CeleryOptions options;
  options.discover_queues = false;
  Run run(options, {"\x80\x04pickled"});
  run.script.content_type = "application/x-python-serialize";
  const Deadline deadline = Deadline::After(seconds(10));
  Reading reading = run.Collect();
  while (reading.standing.empty() && !deadline.Expired()) reading = run.Collect();
  CHECK(Said(reading.problems) == Strings{"events protocol"});
  CHECK(Said(reading.standing) == Strings{"control protocol"});
  const int calls = run.script.calls;
  reading = run.Collect();
  CHECK(run.script.calls == calls);
  CHECK(std::string(reading.problems[0].what()).find("x-python-serialize") != std::string::npos);
  // Those events are missed, and what depends on them is not known.
  const auto page = Run::PageOf(std::move(reading));
  CHECK(page.at("celery_event_stream_up") == 0);
  CHECK(page.at("celery_event_stream_down_seconds_total") > 0);
}

TEST_CASE("what workers reply and is not JSON is said once, and they are asked no more") {
  CeleryOptions options = Quiet();
  options.control = ControlMode::kQueues;
  Run run(options);
  run.script.call = [] {
    ControlReply reply = ServesMail();
    reply.content_type = "application/x-python-serialize";
    return std::vector<ControlReply>{reply};
  };
  CHECK(Said(run.Collect().problems) == Strings{"control protocol"});
  for (int i = 0; i < 3; ++i) {
    const Reading reading = run.Collect();
    CHECK(reading.problems.empty());
    CHECK(Said(reading.standing) == Strings{"control protocol"});
  }
  CHECK(run.script.calls == 1);
}

TEST_CASE("workers that a reply could stop are asked one by one, and counted when all answered") {
  CeleryOptions options = Quiet();
  options.control = ControlMode::kQueues;
  options.queues = {"mail"};
  Run run(options);
  run.script.waiting["mail"] = 0;
  run.script.takers = [] { return ControlTakers{{"w1@h", "w2@h"}, 2}; };
  run.script.call = [] { return std::vector<ControlReply>{ServesMail()}; };
  const auto page = Run::PageOf(run.Collect());
  CHECK(run.script.workers == std::vector<std::optional<Strings>>{Strings{"w1@h"}, {{"w2@h"}}});
  CHECK_FALSE(page.contains("celery_active_worker_count mail"));  // One has not answered yet.
  run.Collect();
  CHECK(run.script.calls == 4);  // The worker that did not reply is asked again.
}

TEST_CASE("of workers nothing is told by a round of control calls that failed") {
  CeleryOptions options = Quiet();
  options.control = ControlMode::kQueues;
  options.queues = {"mail"};
  Run run(options);
  run.script.waiting["mail"] = 0;
  run.script.takers = []() -> std::optional<ControlTakers> {
    throw CollectError(ErrorKind::kTimeout, "no answer");
  };
  Reading reading = run.Collect();
  CHECK(Said(reading.problems) == Strings{"control timeout"});
  CHECK_FALSE(Run::PageOf(std::move(reading)).contains("celery_active_worker_count mail"));
  run.script.takers = [] { return ControlTakers{}; };
  CHECK(Run::PageOf(run.Collect()).at("celery_active_worker_count mail") == 0);
}

}  // namespace collectors::scripted
