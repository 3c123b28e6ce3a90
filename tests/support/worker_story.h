#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/celery/workers/worker_table.h"
#include "tests/support/taken.h"

namespace collectors::scripted {

using Strings = std::vector<std::string>;

constexpr exporter::SteadyTime kStart{std::chrono::hours(1)};
constexpr double kEpoch = 1'700'000'000;

// A table in which things happen at so many seconds from the start.
class Story {
 public:
  explicit Story(WorkerOptions options = {}) : table(std::move(options)) {}

  WorkerTable table;

  Story& Beat(double at, const std::string& hostname, std::optional<double> processed = {},
              double active = 0, EventType type = EventType::kWorkerHeartbeat) {
    return Sent(at, at, hostname, processed, active, type);
  }
  // The same, by the worker's own clock at `stamp`.
  Story& Sent(double at, double stamp, const std::string& hostname,
              std::optional<double> processed = {}, double active = 0,
              EventType type = EventType::kWorkerHeartbeat) {
    return Hear(at, stamp, hostname, {}, processed, active, type);
  }
  // A heartbeat of a worker that sends one every `freq` seconds.
  Story& Paced(double at, const std::string& hostname, double freq) {
    CeleryEvent event{};
    event.type = EventType::kWorkerHeartbeat;
    event.hostname = hostname;
    event.timestamp = kEpoch + at;
    event.freq = freq;
    table.Heard(event, Steady(at));
    return *this;
  }
  // A heartbeat of one of several processes.
  Story& Of(double pid, double at, double processed, double active = 0,
            EventType type = EventType::kWorkerHeartbeat) {
    return Hear(at, at, "w1@h", pid, processed, active, type);
  }
  // "pid before at", of processes that ended; "pid idle before at" of those that run nothing.
  Strings Ended(double at, const std::vector<double>& pids) {
    Strings lines;
    for (const EndedWork& work : table.TakeEnded(Steady(at))) {
      for (const double pid : pids) {
        CeleryEvent event{};
        event.hostname = "w1@h";
        event.pid = pid;
        if (ProcessOf(event) != work.process) continue;
        const std::chrono::duration<double> before = work.before - kStart;
        const std::string_view idle = work.what == Over::kRunning ? " idle" : "";
        lines.push_back(fmt::format("{}{} before {}", pid, idle, before.count()));
      }
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }
  Story& Task(double at, const std::string& hostname, EventType type = EventType::kTaskStarted) {
    return Sent(at, at, hostname, {}, 0, type);
  }
  Story& Offline(double at, const std::string& hostname) {
    return Beat(at, hostname, {}, 0, EventType::kWorkerOffline);
  }
  Story& Replies(double at, const std::vector<WorkerReply>& replies) {
    table.Replied(replies, Steady(at));
    return *this;
  }

  // All series as "name{label,...}" to their values.
  std::map<std::string, double> Page(double at, const Strings& queues = {},
                                     bool broker_knows_scheduled = false) {
    exporter::FamilySet families;
    table.Write(queues, broker_knows_scheduled, families, {Steady(at), kEpoch + at});
    std::map<std::string, double> page;
    for (const auto& timed : exporter::testing::TakenFrom(std::move(families))) {
      for (const auto& metric : timed.family.metric) {
        std::string name = timed.family.name + "{";
        for (const auto& label : metric.label) {
          if (label.value != "celery") name += (name.back() == '{' ? "" : ",") + label.value;
        }
        const bool is_counter = timed.family.type == prometheus::MetricType::Counter;
        page[name + "}"] = is_counter ? metric.counter.value : metric.gauge.value;
      }
    }
    return page;
  }
  // One of them; absent where there is no such series.
  std::optional<double> At(double at, const std::string& series, const Strings& queues = {}) {
    const auto page = Page(at, queues);
    const auto found = page.find(series);
    return found == page.end() ? std::optional<double>() : found->second;
  }

 private:
  Story& Hear(double at, double stamp, const std::string& hostname, std::optional<double> pid,
              std::optional<double> processed, double active, EventType type) {
    CeleryEvent event{};
    event.type = type;
    event.hostname = hostname;
    event.timestamp = kEpoch + stamp;
    event.pid = pid;
    if (!IsTaskEvent(type)) {
      event.active = active;
      event.processed = processed;
    }
    table.Heard(event, Steady(at));
    return *this;
  }
  static exporter::SteadyTime Steady(double at) {
    return kStart + std::chrono::duration_cast<exporter::SteadyTime::duration>(
                        std::chrono::duration<double>(at));
  }
};

inline WorkerReply Serving(const std::string& hostname, const Strings& queues, double slots = 2) {
  WorkerReply reply;
  reply.hostname = hostname;
  reply.queues = queues;
  reply.slots = slots;
  reply.active.emplace();
  reply.reserved.emplace();
  reply.scheduled.emplace();
  return reply;
}

inline std::vector<WorkerReply::HeldTask> Held(const Strings& queues) {
  std::vector<WorkerReply::HeldTask> tasks;
  for (const std::string& queue : queues) tasks.push_back({queue, {}});
  return tasks;
}

}  // namespace collectors::scripted
