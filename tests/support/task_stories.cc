#include "tests/support/task_stories.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace testing {

TallyOptions Options() {
  TallyOptions options;
  options.runtime_buckets = {0.1, 1, 10};
  options.wait_buckets = {1, 60};
  return options;
}

CeleryEvent Of(EventType type, double at) {
  CeleryEvent event{};
  event.type = type;
  event.hostname = "w1@host";
  event.uuid = "u";
  event.timestamp = kEpoch + at;
  return event;
}

CeleryEvent Sent(double at, double retries) {
  CeleryEvent event = Of(EventType::kTaskSent, at);
  event.hostname = "gen7@web";
  event.name = "add";
  event.queue = "celery";
  event.retries = retries;
  return event;
}

CeleryEvent Received(double at, double retries) {
  CeleryEvent event = Of(EventType::kTaskReceived, at);
  event.name = "add";
  event.retries = retries;
  return event;
}

CeleryEvent Started(double at) { return Of(EventType::kTaskStarted, at); }
CeleryEvent Retried(double at) { return Of(EventType::kTaskRetried, at); }
CeleryEvent Revoked(double at) { return Of(EventType::kTaskRevoked, at); }
CeleryEvent Rejected(double at) { return Of(EventType::kTaskRejected, at); }

CeleryEvent Succeeded(double at, double runtime) {
  CeleryEvent event = Of(EventType::kTaskSucceeded, at);
  event.runtime = runtime;
  return event;
}

CeleryEvent Failed(double at, std::string_view exception) {
  CeleryEvent event = Of(EventType::kTaskFailed, at);
  event.exception = exception;
  return event;
}

CeleryEvent WithId(CeleryEvent event, std::string_view uuid) {
  event.uuid = uuid;
  return event;
}

CeleryEvent WithName(CeleryEvent event, std::string_view name) {
  event.name = name;
  return event;
}

CeleryEvent WithQueue(CeleryEvent event, std::string_view queue) {
  event.queue = queue;
  return event;
}

CeleryEvent WithHost(CeleryEvent event, std::string_view hostname) {
  event.hostname = hostname;
  return event;
}

CeleryEvent WithEta(CeleryEvent event, double at) {
  event.eta = kEpoch + at;
  return event;
}

CeleryEvent WithPid(CeleryEvent event, double pid) {
  event.pid = pid;
  return event;
}

CeleryEvent WithTime(CeleryEvent event, std::optional<double> timestamp) {
  event.timestamp = timestamp;
  return event;
}

void Tell(EventTally& tally, const Story& story, exporter::SteadyTime now) {
  for (const CeleryEvent& event : story) tally.Count(event, now);
}

Samples After(const Story& story, const TallyOptions& options) {
  EventTally tally(options);
  Tell(tally, story);
  return SamplesOf(tally, kStart + kSettled);
}

double At(const Samples& samples, const std::string& key) {
  const auto found = samples.find(key);
  if (found == samples.end()) FAIL("no sample " << key);
  return found->second;
}

std::string Counters(const Samples& samples) {
  std::string text;
  for (const std::string what :
       {"sent", "received", "started", "succeeded", "rejected", "revoked", "retried"}) {
    const double count = At(samples, fmt::format("celery_task_{}_total{{add,celery}}", what));
    if (count != 0) text += fmt::format("{}{}={}", text.empty() ? "" : " ", what, count);
  }
  for (const auto& [key, count] : samples) {
    if (key.starts_with("celery_task_failed_total{add,celery,") && count != 0)
      text += fmt::format(" failed={}", count);
  }
  return text;
}

}  // namespace testing
