#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "collectors/celery/celery_collector.h"
#include "exporter/seam/watchdog.h"
#include "tests/support/taken.h"

// Runs of a CeleryCollector whose broker and stream do what a test says.
namespace collectors::scripted {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using exporter::Reading;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Strings = std::vector<std::string>;

// What a broker does in a test, and what it was asked.
struct Script {
  std::function<void()> before_read = [] {};
  std::map<std::string, double> waiting;  // Of queues; others are not there.
  std::function<Strings()> find = [] { return Strings(); };
  std::set<std::string> not_queues;  // Names of something else.
  std::function<std::vector<ControlReply>()> call = [] { return std::vector<ControlReply>(); };
  bool tells_scheduled = false;
  std::string content_type;  // Of events.
  std::function<std::optional<ControlTakers>()> takers = [] { return std::nullopt; };
  std::vector<std::optional<Strings>> workers;  // That each control call was for.
  Strings methods;                              // Of the last round of control calls,
  milliseconds window{0};                       // and how long its replies were waited for.
  Strings asked;
  int finds = 0;
  int calls = 0;
};

class ScriptedBroker : public CeleryBroker {
 public:
  explicit ScriptedBroker(Script& script) : script_(script) {}

  BrokerReading Read(const CollectContext&, const Strings& queues) override {
    script_.before_read();
    script_.asked = queues;
    BrokerReading reading;
    for (const std::string& name : queues) {
      if (script_.not_queues.contains(name)) {
        reading.problems.emplace_back(ErrorKind::kQuery, "WRONGTYPE", name);
        continue;
      }
      const auto found = script_.waiting.find(name);
      if (found == script_.waiting.end()) {
        reading.problems.emplace_back(ErrorKind::kMissing, "no such queue", name);
        continue;
      }
      reading.queues.emplace_back();
      reading.queues.back().name = name;
      reading.queues.back().waiting = found->second;
    }
    return reading;
  }
  bool TellsScheduled() const override { return script_.tells_scheduled; }
  Strings FindQueues(const CollectContext&) override {
    ++script_.finds;
    return script_.find();
  }
  std::optional<ControlTakers> Takers(const CollectContext&) override { return script_.takers(); }
  std::vector<ControlReply> Call(const CollectContext& context, const ControlCall& call,
                                 milliseconds window) override {
    ++script_.calls;
    script_.methods = call.methods;
    script_.workers.push_back(call.workers);
    script_.window = window;
    CHECK(window <= context.deadline.Remaining());
    return script_.call();
  }

 private:
  Script& script_;
};

// When the stream was last good, where that is not now.
using SilentSince = std::atomic<exporter::SteadyTime>;

// Hands over what it is given, and refuses to open until it may.
class ScriptedFeed : public EventFeed {
 public:
  ScriptedFeed(Strings messages, std::string content_type, bool opens,
               const SilentSince& silent_since)
      : messages_(messages.begin(), messages.end()),
        content_type_(std::move(content_type)),
        opens_(opens),
        silent_since_(silent_since) {}

  void Open(const CollectContext&) override {
    // Later than a collection that does not wait.
    std::this_thread::sleep_for(milliseconds(50));
    if (!opens_) throw CollectError(ErrorKind::kPermission, "no channel for you");
  }
  void Read(const CollectContext& context, const Take& take) override {
    if (messages_.empty()) {
      std::this_thread::sleep_for(std::min(context.deadline.Remaining(), milliseconds(5)));
      return;
    }
    take(messages_.front(), content_type_);
    messages_.pop_front();
  }
  exporter::SteadyTime caught_up() const override {
    const exporter::SteadyTime silent_since = silent_since_;
    return silent_since == exporter::SteadyTime() ? std::chrono::steady_clock::now() : silent_since;
  }
  Wrapping wrapping() const override { return Wrapping::kPlain; }

 private:
  std::deque<std::string> messages_;
  std::string content_type_;
  bool opens_;
  const SilentSince& silent_since_;
};

class Run {
 public:
  explicit Run(CeleryOptions options = {}, Strings events = {}, bool opens = true,
               milliseconds control_interval = milliseconds(0))
      : collector(Ready(std::move(options), control_interval), [this, events, opens] {
          if (before_connect) before_connect();
          return CeleryConnections{
              std::make_unique<ScriptedBroker>(script),
              std::make_unique<ScriptedFeed>(events, script.content_type, opens, silent_since)};
        }) {}

  Reading Collect() { return collector.Collect({Deadline::After(seconds(5)), watchdog}); }
  // Collects until the page has the series.
  bool Await(const std::string& series) {
    const Deadline deadline = Deadline::After(seconds(10));
    while (!deadline.Expired()) {
      if (PageOf(Collect()).contains(series)) return true;
    }
    return false;
  }
  static std::map<std::string, double> PageOf(Reading reading) {
    std::map<std::string, double> page;
    for (const auto& timed : exporter::testing::TakenFrom(std::move(reading.families))) {
      for (const auto& metric : timed.family.metric) {
        std::string name = timed.family.name;
        for (const auto& label : metric.label) name += " " + label.value;
        const bool is_counter = timed.family.type == prometheus::MetricType::Counter;
        page[name] = is_counter ? metric.counter.value : metric.gauge.value;
      }
    }
    return page;
  }

  Script script;
  SilentSince silent_since = exporter::SteadyTime();
  std::function<void()> before_connect;
  exporter::Watchdog watchdog;
  CeleryCollector collector;

 private:
  // Errands run every time.
  static CeleryOptions Ready(CeleryOptions options, milliseconds control_interval) {
    options.name = "celery";
    options.tally.runtime_buckets = {1};
    options.tally.wait_buckets = {1};
    options.discovery_interval = milliseconds(0);
    options.control_interval = control_interval;
    return options;
  }
};

// "part kind", one each.
inline Strings Said(const std::vector<CollectError>& problems) {
  Strings said;
  for (const CollectError& problem : problems) {
    said.push_back(problem.part() + " " + std::string(exporter::Name(problem.kind())));
  }
  return said;
}

inline ControlReply ServesMail() {
  ControlReply reply;
  reply.method = "active_queues";
  reply.body = R"({"w1@h": [{"name": "mail"}]})";
  return reply;
}

inline constexpr char kSent[] =
    R"({"type": "task-sent", "hostname": "gen1@h", "timestamp": 1700000000.5, "utcoffset": 0,)"
    R"( "pid": 1, "clock": 1, "uuid": "00000000-0000-4000-8000-000000000001", "name": "shop.buy",)"
    R"( "queue": "orders"})";

inline constexpr char kOnline[] =
    R"({"type": "worker-online", "hostname": "w1@h", "timestamp": 1700000000.5, "utcoffset": 0})";

inline CeleryOptions Quiet() {
  CeleryOptions options;
  options.events = false;
  options.control = ControlMode::kNone;
  options.discover_queues = false;
  return options;
}

}  // namespace collectors::scripted
