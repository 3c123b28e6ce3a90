#include "collectors/celery/event_listener.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <stop_token>
#include <string_view>
#include <utility>

#include "collectors/celery/wire/content_type.h"
#include "collectors/celery/wire/event_decoder.h"
#include "collectors/shared/epoch.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using exporter::MutexLock;
using exporter::SteadyTime;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// How often a request to end is noticed.
constexpr milliseconds kReadTime{250};
constexpr int kTriesOfMissing = 12;
constexpr std::size_t kLongestType = 64;
// A sender of one event that is not JSON sends more; a worker sends one every 2 s.
constexpr std::chrono::seconds kForeignFor{60};
constexpr std::chrono::minutes kForeignForgotten{10};

double Seconds(steady_clock::duration span) { return std::chrono::duration<double>(span).count(); }

// Passes on the events of one message, and counts the rest.
class Counted : public EventSink {
 public:
  Counted(const EventListener::Take& take, SteadyTime now) : take_(take), now_(now) {}

  void OnEvent(const CeleryEvent& event) override {
    ++events;
    take_(event, now_);
  }
  void OnUnknownEvent() override { ++unknown; }
  void OnMalformedEvent() override { ++malformed; }
  void OnForeignEvents(std::string_view content_type) override {
    ++malformed;
    foreign_type = content_type.substr(0, kLongestType);
  }

  std::uint64_t events = 0;
  std::uint64_t unknown = 0;
  std::uint64_t malformed = 0;
  std::string foreign_type;

 private:
  const EventListener::Take& take_;
  SteadyTime now_;
};

}  // namespace

struct EventListener::State {
  State(std::unique_ptr<EventFeed> from, milliseconds timeout, exporter::Watchdog& dog, Take to,
        ListenerWaits between)
      : feed(std::move(from)),
        connect_timeout(timeout),
        watchdog(dog),
        take(std::move(to)),
        waits(between) {}

  void Run(const std::stop_token& stop);
  // Listens until asked to stop. Throws CollectError if the feed fails.
  void Listen(const std::stop_token& stop);
  void Decode(std::string_view message, std::string_view content_type);
  void NoteUp();
  void NoteRead();
  void NoteDown(const CollectError& error);
  void TakeLoss() REQUIRES(mutex);
  // Counts the time up to `now` in which there were events that are not JSON.
  void CountForeign(SteadyTime now) REQUIRES(mutex);
  void AwaitOutcome(Deadline deadline);
  void TryNow();
  // How long to wait after the last failure.
  milliseconds NextWait();
  // Returns at once if asked to stop or to try.
  void Pause(const std::stop_token& stop, milliseconds span);

  // Of the thread alone.
  const std::unique_ptr<EventFeed> feed;
  const milliseconds connect_timeout;
  exporter::Watchdog& watchdog;
  const Take take;
  const ListenerWaits waits;
  EventDecoder decoder;
  milliseconds wait = waits.first;
  int missing = 0;  // Failures of kind kMissing in a row.

  mutable exporter::Mutex mutex;
  StreamHealth health GUARDED_BY(mutex);
  // Start of the present state, up or down.
  SteadyTime since GUARDED_BY(mutex) = steady_clock::now();
  bool try_now GUARDED_BY(mutex) = false;
  // Until when events that are not JSON are taken to come, and from when that is still to be
  // counted.
  std::optional<SteadyTime> foreign_until GUARDED_BY(mutex);
  SteadyTime foreign_from GUARDED_BY(mutex) = {};
  std::optional<SteadyTime> last_foreign GUARDED_BY(mutex);
  std::condition_variable_any changed;  // Signals health.up, health.problem or try_now.

  std::jthread thread;  // Last: ends before the members that it uses.
};

void EventListener::State::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const SteadyTime start = steady_clock::now();
    try {
      Listen(stop);
    } catch (const CollectError& error) {
      NoteDown(error);
    } catch (const std::exception& error) {
      NoteDown({ErrorKind::kInternal, error.what()});
    }
    // A failure after a long good connection is a first one. Otherwise the wait keeps growing,
    // because failures may go on for long.
    if (steady_clock::now() - start > waits.longest) wait = waits.first;
    Pause(stop, NextWait());
  }
}

milliseconds EventListener::State::NextWait() {
  const milliseconds next = std::exchange(wait, std::min(2 * wait, waits.longest));
  bool is_missing = false;
  {
    const MutexLock lock(mutex);
    is_missing = health.problem && health.problem->kind() == ErrorKind::kMissing;
  }
  missing = is_missing ? missing + 1 : 0;
  if (!is_missing) return next;
  wait = waits.first;
  return missing <= kTriesOfMissing ? waits.missing : waits.longest;
}

void EventListener::State::Pause(const std::stop_token& stop, milliseconds span) {
  MutexLock lock(mutex);
  changed.wait_for(mutex, stop, span, [this]() REQUIRES(mutex) { return try_now; });
  try_now = false;
}

void EventListener::State::Listen(const std::stop_token& stop) {
  feed->Open({Deadline::After(connect_timeout), watchdog});
  NoteUp();
  while (!stop.stop_requested()) {
    feed->Read({Deadline::After(kReadTime), watchdog},
               [this](std::string_view message, std::string_view content_type) {
                 Decode(message, content_type);
               });
    NoteRead();
  }
}

void EventListener::State::Decode(std::string_view message, std::string_view content_type) {
  Counted counted(take, steady_clock::now());
  if (IsJson(content_type)) {
    decoder.Decode(message, feed->wrapping(), counted);
  } else {
    counted.OnForeignEvents(content_type);
  }
  const MutexLock lock(mutex);
  health.malformed += counted.malformed;
  health.unknown += counted.unknown;
  if (!counted.foreign_type.empty()) {
    const SteadyTime now = steady_clock::now();
    CountForeign(now);
    if (!foreign_until) foreign_from = now;
    foreign_until = now + kForeignFor;
    if (!last_foreign || now - *last_foreign > kForeignForgotten) health.foreign_since = now;
    last_foreign = now;
    health.foreign_type = counted.foreign_type;
  }
  if (counted.events + counted.unknown > 0) health.last_event = EpochNow();
}

void EventListener::State::NoteUp() {
  const SteadyTime now = steady_clock::now();
  const MutexLock lock(mutex);
  CountForeign(now);
  health.down_seconds += Seconds(now - since);
  health.up = true;
  ++health.connections;
  health.problem.reset();
  health.caught_up = feed->caught_up();
  since = now;
  try_now = false;
  changed.notify_all();
}

void EventListener::State::NoteRead() {
  const MutexLock lock(mutex);
  health.caught_up = feed->caught_up();
  TakeLoss();
}

void EventListener::State::TakeLoss() {
  const SteadyTime::duration loss = feed->TakeLoss();
  if (loss <= SteadyTime::duration::zero()) return;
  ++health.losses;
  if (!foreign_until) {
    health.down_seconds += Seconds(loss);
  } else {
    // CountForeign() counts this time, and events of all senders were missed in it.
    health.foreign_seconds -= Seconds(loss);
  }
}

void EventListener::State::CountForeign(SteadyTime now) {
  if (!foreign_until) return;
  const SteadyTime end = std::min(now, *foreign_until);
  // Without a connection, the time already counts as down.
  if (health.up && end > foreign_from) {
    health.down_seconds += Seconds(end - foreign_from);
    health.foreign_seconds += Seconds(end - foreign_from);
  }
  foreign_from = end;
  if (now < *foreign_until) return;
  foreign_until.reset();
  health.foreign_type.clear();
}

void EventListener::State::NoteDown(const CollectError& error) {
  const MutexLock lock(mutex);
  TakeLoss();
  CountForeign(steady_clock::now());
  // What was sent after caught_up() may be lost, though the connection broke later.
  if (health.up) since = std::max({since, feed->caught_up(), foreign_from});
  health.up = false;
  health.problem = error;
  changed.notify_all();
}

void EventListener::State::AwaitOutcome(Deadline deadline) {
  MutexLock lock(mutex);
  changed.wait_until(mutex, deadline.when(),
                     [this]() REQUIRES(mutex) { return health.up || health.problem.has_value(); });
}

void EventListener::State::TryNow() {
  const MutexLock lock(mutex);
  try_now = !health.up;
  changed.notify_all();
}

EventListener::EventListener(std::unique_ptr<EventFeed> feed, milliseconds connect_timeout,
                             exporter::Watchdog& watchdog, Take take, ListenerWaits waits)
    : state_(std::make_unique<State>(std::move(feed), connect_timeout, watchdog, std::move(take),
                                     waits)) {
  state_->thread =
      std::jthread([state = state_.get()](const std::stop_token& stop) { state->Run(stop); });
}

EventListener::~EventListener() = default;

void EventListener::AwaitOutcome(Deadline deadline) const { state_->AwaitOutcome(deadline); }
void EventListener::TryNow() { state_->TryNow(); }

StreamHealth EventListener::health() const {
  const SteadyTime now = steady_clock::now();
  const MutexLock lock(state_->mutex);
  state_->CountForeign(now);
  StreamHealth health = state_->health;
  if (!health.up) health.down_seconds += Seconds(now - state_->since);
  if (state_->foreign_until) health.up = false;
  return health;
}

}  // namespace collectors
