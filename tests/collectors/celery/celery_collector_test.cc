#include "collectors/celery/celery_collector.h"

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "exporter/seam/watchdog.h"
#include "tests/support/celery_run.h"
#include "tests/support/taken.h"

namespace collectors::scripted {

TEST_CASE("queues are those configured, found, served and sent to, in a stable order") {
  CeleryOptions options;
  options.queues = {"zebra", "celery"};
  Run run(options, {kSent});
  run.script.find = [] { return Strings{"found", "celery"}; };
  run.script.call = [] { return std::vector<ControlReply>{ServesMail()}; };
  for (const char* const queue : {"zebra", "celery", "found", "mail", "orders"}) {
    run.script.waiting[queue] = 1;
  }
  CHECK(run.Await("celery_queue_length orders"));
  CHECK(run.script.asked == Strings{"zebra", "celery", "found", "mail", "orders"});
  const auto page = Run::PageOf(run.Collect());
  CHECK(page.at("celery_queue_length celery") == 1);
  CHECK(page.at("queue_depth orders celery waiting") == 1);
  CHECK(page.at("celery_worker_up w1@h") == 1);
  CHECK(page.at("celery_task_sent_total shop.buy orders") == 1);
  CHECK(page.at("celery_event_stream_up") == 1);
}

TEST_CASE("where tasks have too many series it is said, and what tells of it comes first") {
  CeleryOptions options;
  options.tally.max_counters = 0;
  Run run(options, {kSent});
  REQUIRE(run.Await("celery_task_sent_total other other"));
  Reading reading = run.Collect();
  CHECK(Said(reading.problems) == Strings{"tasks limit"});
  Strings first;
  for (const auto& timed : exporter::testing::TakenFrom(std::move(reading.families)))
    first.push_back(timed.family.name);
  const auto last = std::find(first.begin(), first.end(), "celery_task_series_folded_total");
  REQUIRE(last != first.end());
  CHECK(std::find(first.begin(), last, "celery_event_stream_up") != last);
  CHECK(std::find(first.begin(), last, "celery_tasks_evicted_total") != last);
  for (const auto& name : Strings(first.begin(), last)) {
    CAPTURE(name);
    CHECK((name.starts_with("celery_event") || name.starts_with("celery_tasks_")));
  }
}

TEST_CASE("a queue that is not there is a problem where somebody configured it") {
  CeleryOptions options = Quiet();
  options.queues = {"orders"};
  options.discover_queues = true;
  Run run(options);
  run.script.find = [] { return Strings{"gone", "mail"}; };
  run.script.waiting = {{"mail", 0}};
  const Reading reading = run.Collect();
  CHECK(Said(reading.problems) == Strings{"orders missing"});
  const auto page = Run::PageOf(run.Collect());
  CHECK(page.at("celery_queue_length mail") == 0);
  CHECK_FALSE(page.contains("celery_queue_length gone"));
}

TEST_CASE("an errand that fails costs nothing else, and what was wrong stands until the next") {
  CeleryOptions options = Quiet();
  options.queues = {"mail"};
  options.control = ControlMode::kFull;
  Run run(options);
  run.script.waiting = {{"mail", 4}};
  run.script.call = []() -> std::vector<ControlReply> {
    throw CollectError(ErrorKind::kPermission, "no publish for you", "elsewhere");
  };
  Reading reading = run.Collect();
  CHECK(Said(reading.problems) == Strings{"control permission"});
  CHECK(Run::PageOf(std::move(reading)).at("celery_queue_length mail") == 4);
  CHECK(run.script.finds == 0);
}

TEST_CASE("workers are asked what is scheduled where the broker does not tell") {
  for (const bool tells : {false, true}) {
    CeleryOptions options = Quiet();
    options.control = ControlMode::kFull;
    Run run(options);
    run.script.tells_scheduled = tells;
    run.Collect();
    const Strings& methods = run.script.methods;
    CHECK(std::count(methods.begin(), methods.end(), "scheduled") == (tells ? 0 : 1));
    CHECK(std::count(methods.begin(), methods.end(), "reserved") == 1);
  }
}

TEST_CASE("replies are waited for as long as control_timeout says, up to half the timeout") {
  CeleryOptions options = Quiet();
  options.control = ControlMode::kFull;
  options.control_timeout = milliseconds(2000);
  Run run(options);  // The timeout is 5 s.
  run.Collect();
  CHECK(run.script.window == milliseconds(2000));
}

TEST_CASE("errands have their own schedule, but for a broker that could not be reached") {
  CeleryOptions options = Quiet();
  options.control = ControlMode::kFull;
  options.control_interval = std::chrono::hours(1);
  Script script;
  exporter::Watchdog watchdog;
  CeleryCollector collector(options, [&] {
    return CeleryConnections{std::make_unique<ScriptedBroker>(script), nullptr};
  });
  const auto collect = [&] { return collector.Collect({Deadline::After(seconds(5)), watchdog}); };
  script.call = []() -> std::vector<ControlReply> {
    throw CollectError(ErrorKind::kConnect, "refused");
  };
  CHECK(Said(collect().problems) == Strings{"control connect"});
  script.call = []() -> std::vector<ControlReply> {
    throw CollectError(ErrorKind::kTimeout, "no answer");
  };
  CHECK(Said(collect().problems) == Strings{"control timeout"});
  CHECK(script.calls == 2);
  const Reading third = collect();
  CHECK(script.calls == 2);
  CHECK(third.problems.empty());
  CHECK(Said(third.standing) == Strings{"control timeout"});
}

TEST_CASE("a broker that is down is a failed run, and the next one is good") {
  CeleryOptions options = Quiet();
  options.queues = {"mail"};
  Run run(options);
  run.script.waiting = {{"mail", 1}};
  run.script.before_read = [] { throw CollectError(ErrorKind::kConnect, "refused"); };
  CHECK_THROWS_AS(run.Collect(), CollectError);
  run.script.before_read = [] {};
  CHECK(Run::PageOf(run.Collect()).at("celery_queue_length mail") == 1);
}

TEST_CASE("while the broker is down what it told last is shown, and events go on") {
  CeleryOptions options;
  options.queues = {"mail"};
  options.discover_queues = false;
  options.control = ControlMode::kNone;
  options.stale_after = milliseconds(300);
  Run run(options, {kSent});
  run.script.waiting = {{"mail", 4}, {"orders", 1}};
  run.Collect();
  run.script.before_read = [] { throw CollectError(ErrorKind::kConnect, "refused"); };
  Reading reading = run.Collect();
  REQUIRE(reading.failure.has_value());
  CHECK(reading.failure->kind() == ErrorKind::kConnect);
  CHECK(Run::PageOf(std::move(reading)).at("celery_queue_length mail") == 4);
  CHECK(run.Await("celery_task_sent_total shop.buy orders"));
  // The broker's last reading is shown until stale_after.
  const Deadline deadline = Deadline::After(seconds(10));
  std::map<std::string, double> page;
  do {
    page = Run::PageOf(run.Collect());
  } while (page.contains("celery_queue_length mail") && !deadline.Expired());
  CHECK_FALSE(page.contains("celery_queue_length mail"));
  CHECK(page.at("celery_event_stream_up") == 1);
  run.script.before_read = [] {};
  reading = run.Collect();
  CHECK_FALSE(reading.failure.has_value());
  CHECK(Run::PageOf(std::move(reading)).at("celery_queue_length mail") == 4);
}

TEST_CASE("a URL that cannot be read yet is read again with the next run") {
  Run run(Quiet());
  run.before_connect = [] { throw CollectError(ErrorKind::kConnect, "no such file"); };
  CHECK_THROWS_AS(run.Collect(), CollectError);
  run.before_connect = {};
  CHECK(run.Collect().problems.empty());
}

TEST_CASE("what an event calls a queue and is none is asked for once, and is nobody's problem") {
  CeleryOptions options;
  options.discover_queues = false;
  options.control = ControlMode::kNone;
  Run run(options, {kSent});
  run.script.not_queues = {"orders"};
  const Deadline deadline = Deadline::After(seconds(10));
  while (run.script.asked.empty() && !deadline.Expired()) {
    CHECK(run.Collect().problems.empty());
  }
  CHECK(run.script.asked == Strings{"orders"});
  const Reading reading = run.Collect();
  CHECK(run.script.asked.empty());
  CHECK(reading.problems.empty());
  CHECK(reading.standing.empty());
}

TEST_CASE(
    "a configured queue that is not there is asked for now and then, and its problem stands") {
  CeleryOptions options = Quiet();
  options.queues = {"mail", "orders"};
  Run run(options);
  run.script.waiting = {{"mail", 1}};
  CHECK(Said(run.Collect().problems) == Strings{"orders missing"});
  run.script.waiting["orders"] = 2;
  for (int i = 0; i < 4; ++i) {
    const Reading reading = run.Collect();
    CHECK(run.script.asked == Strings{"mail"});
    CHECK(reading.problems.empty());
    CHECK(Said(reading.standing) == Strings{"orders missing"});
  }
  Reading reading = run.Collect();
  CHECK(reading.standing.empty());
  CHECK(Run::PageOf(std::move(reading)).at("celery_queue_length orders") == 2);
}

TEST_CASE("of too many queues the configured ones are read, and it is said") {
  CeleryOptions options = Quiet();
  options.queues = {"zebra"};
  options.discover_queues = true;
  Run run(options);
  run.script.find = [] {
    Strings many;
    for (int i = 0; i < 1000; ++i) many.push_back("q" + std::to_string(i));
    return many;
  };
  run.script.waiting = {{"zebra", 1}};
  const Reading reading = run.Collect();
  CHECK(run.script.asked.size() == 1000);
  CHECK(run.script.asked.front() == "zebra");
  CHECK(Said(reading.problems) == Strings{"queues limit"});
}

TEST_CASE("what is turned off is not done") {
  CeleryOptions options = Quiet();
  options.queues = {"mail"};
  Run run(options, {kSent});
  run.script.waiting = {{"mail", 1}};
  const auto page = Run::PageOf(run.Collect());
  CHECK(run.script.finds == 0);
  CHECK(run.script.calls == 0);
  CHECK_FALSE(page.contains("celery_event_stream_up"));
  CHECK_FALSE(page.contains("celery_tasks_tracked"));
}

}  // namespace collectors::scripted
