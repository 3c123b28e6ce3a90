// How many task events a second one core decodes and counts, and what memory a
// million tasks take while as many as are remembered at most are under way. The
// events are captured ones, in envelopes as Redis carries them, with new ids.
// Exits 1 below the least rate or above the most memory. Each row is measured in a
// process of its own.

#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/celery/tasks/event_tally.h"
#include "collectors/celery/wire/event_decoder.h"

namespace {

constexpr double kLeastRate = 100'000;
constexpr double kMostMiB = 24;
constexpr std::size_t kTasks = 1'000'000;
constexpr std::size_t kEventsOfTask = 4;
constexpr std::size_t kInFlight = 50'000;
constexpr std::size_t kRound = 2'000;  // Tasks whose messages are made at a time.
constexpr const char* kRun = "tests/data/celery/redis-c563-events.jsonl";
constexpr std::string_view kUuid = "60812ef4-87ba-4f9a-b00d-94392ecbd77e";

std::string Captured(std::string_view type) {
  std::ifstream file(kRun);
  for (std::string line; std::getline(file, line);) {
    if (line.find(kUuid) != std::string::npos &&
        line.find(fmt::format("\"type\": \"{}\"", type)) != std::string::npos)
      return line;
  }
  throw std::runtime_error(fmt::format("no {} in {}", type, kRun));
}

// Bodies of messages: task-sent alone, what the worker says in a batch.
struct Bodies {
  std::string sent = Captured("task-sent");
  std::string worked = fmt::format("[{}, {}, {}]", Captured("task-received"),
                                   Captured("task-started"), Captured("task-succeeded"));
};

std::string Envelope(std::string body, std::size_t task) {
  const std::string uuid =
      fmt::format("{:08x}-87ba-4f9a-b00d-{:012x}", task * 2654435761U % (1UL << 32), task);
  for (std::size_t at = 0; (at = body.find(kUuid, at)) != std::string::npos;)
    body.replace(at, uuid.size(), uuid);
  std::string text(body.size() * 4 / 3 + 4, '\0');
  const int size = ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(body.data()),
                                     static_cast<int>(body.size()));
  text.resize(static_cast<std::size_t>(size));
  return fmt::format(
      R"({{"body": "{}", "content-encoding": "utf-8", "content-type": "application/json", )"
      R"("headers": {{"hostname": "w1@labhost"}}, "properties": {{"delivery_mode": 1, )"
      R"("delivery_info": {{"exchange": "celeryev", "routing_key": "task.multi"}}, )"
      R"("priority": 0, "body_encoding": "base64", )"
      R"("delivery_tag": "1e7c7473-cea1-45e6-ad0c-1f8f53a5e7c2"}}}})",
      text);
}

collectors::TallyOptions Options() {
  collectors::TallyOptions options;
  options.max_tasks = kInFlight;
  options.runtime_buckets = {.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10};
  options.wait_buckets = {0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600, 900, 1800};
  return options;
}

class Counting : public collectors::EventSink {
 public:
  void OnEvent(const collectors::CeleryEvent& event) override {
    tally.Count(event, std::chrono::steady_clock::now());
    ++events;
  }
  void OnUnknownEvent() override {}
  void OnMalformedEvent() override {}

  collectors::EventTally tally{Options()};
  std::size_t events = 0;
};

double CpuSeconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double MiB(const std::string& what) {
  std::ifstream status("/proc/self/status");
  for (std::string key; status >> key;) {
    double kib = 0;
    if (key == what + ":" && status >> kib) return kib / 1024;
  }
  return 0;
}

void Decode(collectors::EventDecoder& decoder, std::string_view message, Counting& sink) {
  decoder.Decode(message, collectors::Wrapping::kEnvelope, sink);
}

bool Report(std::size_t events, const std::string& what, bool is_within) {
  fmt::print("{:>9} events  {}  {}\n", events, what, is_within ? "ok" : "MISSED");
  std::fflush(stdout);
  return is_within && events == kTasks * kEventsOfTask;
}

// Only decoding and counting is timed.
bool MeasureRate() {
  const Bodies bodies;
  collectors::EventDecoder decoder;
  Counting sink;
  double seconds = 0;
  std::vector<std::string> messages;
  for (std::size_t task = 0; task < kTasks;) {
    messages.clear();
    for (const std::size_t end = task + kRound; task < end; ++task) {
      messages.push_back(Envelope(bodies.sent, task));
      messages.push_back(Envelope(bodies.worked, task));
    }
    const double begin = CpuSeconds();
    for (const std::string& message : messages) Decode(decoder, message, sink);
    seconds += CpuSeconds() - begin;
  }
  const double rate = static_cast<double>(sink.events) / seconds;
  return Report(sink.events, fmt::format("{:9.0f} a second of one core", rate), rate >= kLeastRate);
}

bool MeasureMemory() {
  const Bodies bodies;
  const double before = MiB("VmRSS");
  collectors::EventDecoder decoder;
  Counting sink;
  for (std::size_t task = 0; task < kTasks + kInFlight; ++task) {
    if (task < kTasks) Decode(decoder, Envelope(bodies.sent, task), sink);
    if (task >= kInFlight) Decode(decoder, Envelope(bodies.worked, task - kInFlight), sink);
  }
  exporter::FamilySet families;
  sink.tally.Write(families, std::chrono::steady_clock::now());
  const double peak = MiB("VmHWM");
  return Report(sink.events,
                fmt::format("{:9.1f} MiB for {} under way, {:.1f} MiB in all", peak - before,
                            kInFlight, peak),
                peak - before <= kMostMiB);
}

bool InOwnProcess(bool (*measure)()) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(measure() ? 0 : 1);
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
}

}  // namespace

int main() {
  const bool is_fast = InOwnProcess(MeasureRate);
  const bool is_small = InOwnProcess(MeasureMemory);
  return is_fast && is_small ? 0 : 1;
}
