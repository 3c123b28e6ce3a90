#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/celery/tasks/event_tally.h"
#include "collectors/celery/wire/event.h"
#include "tests/support/tally_samples.h"

// A small language for what becomes of a task: Tell(tally, {Sent(0), Started(2)}).
namespace testing {

using collectors::CeleryEvent;
using collectors::EventTally;
using collectors::EventType;
using collectors::TallyOptions;
using Story = std::vector<CeleryEvent>;

constexpr exporter::SteadyTime kStart = exporter::SteadyTime(std::chrono::hours(1));
constexpr double kEpoch = 1'795'230'000;
// Longer than events wait for the names of their task.
constexpr auto kSettled = std::chrono::seconds(3);

TallyOptions Options();

// Events of the task "u", at kEpoch + `at`: of the name "add", sent to the queue
// "celery" by gen7@web, worked on by w1@host.
CeleryEvent Of(EventType type, double at);
CeleryEvent Sent(double at, double retries = 0);
CeleryEvent Received(double at, double retries = 0);
CeleryEvent Started(double at);
CeleryEvent Succeeded(double at, double runtime = 0.5);
CeleryEvent Failed(double at, std::string_view exception = "ValueError");
CeleryEvent Rejected(double at);
CeleryEvent Revoked(double at);
CeleryEvent Retried(double at);

// The same with another one of something. Texts must outlive the event.
CeleryEvent WithId(CeleryEvent event, std::string_view uuid);
CeleryEvent WithName(CeleryEvent event, std::string_view name);
CeleryEvent WithQueue(CeleryEvent event, std::string_view queue);
CeleryEvent WithHost(CeleryEvent event, std::string_view hostname);
CeleryEvent WithEta(CeleryEvent event, double at);
CeleryEvent WithTime(CeleryEvent event, std::optional<double> timestamp);
CeleryEvent WithPid(CeleryEvent event, double pid);

void Tell(EventTally& tally, const Story& story, exporter::SteadyTime now = kStart);
// What a tally says after a story, once it is settled.
Samples After(const Story& story, const TallyOptions& options = Options());
// Fails the test where there is no such sample.
double At(const Samples& samples, const std::string& key);
// "sent=1 received=1 ...": the counters of add on celery, without those at 0.
std::string Counters(const Samples& samples);

}  // namespace testing
