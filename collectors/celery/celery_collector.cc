#include "collectors/celery/celery_collector.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "collectors/celery/celery_reading.h"
#include "collectors/celery/workers/control_inquiry.h"
#include "collectors/shared/epoch.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;
using exporter::MutexLock;
using exporter::Reading;
using exporter::SteadyTime;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kMaxQueues = 1000;
// While the broker does not answer, a stream that has been quiet for this long counts as down.
constexpr std::chrono::seconds kQuiet{5};
// A worker sends a heartbeat every 2 s.
constexpr std::chrono::seconds kLivesFor{5};
constexpr int kSilentRounds = 3;
// A worker that was just killed counts as heard for a moment after it has stopped listening.
constexpr std::chrono::seconds kDeafFor{30};
// Since the start: all heartbeats have been heard by then, as the stream opens within about a
// second.
constexpr std::chrono::seconds kHeartbeatsHeard{6};

}  // namespace

CeleryCollector::CeleryCollector(CeleryOptions options, Connect connect)
    : options_(std::move(options)),
      connect_(std::move(connect)),
      heard_(options_.tally, options_.workers),
      roster_(options_.queues),
      discovery_{"discovery", options_.discovery_interval},
      control_{"control", options_.control_interval},
      scope_(options_.control),
      unheard_(options_.names) {}

Reading CeleryCollector::Collect(const CollectContext& context) {
  Start(context);
  Reading reading;
  // Families about the collector itself come first, so that a cut by max_series keeps them.
  if (options_.events) {
    OpenStream(reading.families);
    EventTally::Open(reading.families);
  }
  // The stream must be up before a queue is seen empty: events of later tasks are heard then.
  if (listener_ != nullptr) AwaitStream(HalfOf(context));
  if (options_.discover_queues) {
    Run(discovery_, reading, [&] { found_ = broker_->FindQueues(HalfOf(context)); });
  }
  RunControl(context, reading);
  const std::vector<std::string> queues = QueuesToAsk(reading);
  AskBroker(context, queues, reading);
  roster_.AddStanding(queues, reading);
  if (listener_ != nullptr) {
    AwaitStream(context);
    awaited_stream_ = true;
    TakeHealth(reading);
  }
  AddHeard(roster_.Shown(queues), reading);
  return reading;
}

std::vector<exporter::SeriesId> CeleryCollector::Claims() const {
  return {{"celery_queue_length", {{"queue_name", "*"}}}};
}

void CeleryCollector::Start(const CollectContext& context) {
  if (broker_ != nullptr) return;
  started_ = steady_clock::now();
  CeleryConnections connections = connect_();
  if (options_.events) {
    const auto take = [this](const CeleryEvent& event, SteadyTime now) {
      const MutexLock lock(heard_.mutex);
      heard_.workers.Heard(event, now, EpochNow());
      if (IsTaskEvent(event.type)) heard_.tally.Count(heard_.workers.Corrected(event), now);
    };
    listener_ = std::make_unique<EventListener>(std::move(connections.feed),
                                                options_.connect_timeout, context.watchdog, take);
  }
  // Last: if the thread cannot be started, the next run tries again.
  broker_ = std::move(connections.broker);
}

// A failure loses only what the errand would have brought. After a connection failure the errand
// runs again in the next collection.
template <typename Work>
void CeleryCollector::Run(Errand& errand, Reading& reading, const Work& work) {
  const SteadyTime now = steady_clock::now();
  // A run that is early by less than a tenth of the interval counts as on time.
  if (errand.done && now - *errand.done < errand.interval - errand.interval / 10) {
    if (errand.problem) reading.standing.push_back(*errand.problem);
    return;
  }
  errand.done = now;
  errand.problem.reset();
  try {
    work();
  } catch (const CollectError& error) {
    errand.problem.emplace(error.kind(), error.what(), errand.part);
    if (error.kind() == ErrorKind::kConnect) errand.done.reset();
    reading.problems.push_back(*errand.problem);
  }
}

// If workers are asked less than the option allows, the reason is reported beside the problem of
// the last round.
void CeleryCollector::RunControl(const CollectContext& context, Reading& reading) {
  const bool was_less = scope_.problem().has_value();
  if (listener_ != nullptr) scope_.HeardEvents(listener_->health().foreign_type);
  const std::vector<std::string> methods = scope_.Methods(broker_->TellsScheduled());
  if (!methods.empty()) {
    if (WorkersWantRound()) control_.done.reset();
    Run(control_, reading, [&] { CallWorkers(context, methods); });
    AddHeld(reading);
  }
  if (!scope_.problem()) return;
  (was_less ? reading.standing : reading.problems).push_back(*scope_.problem());
}

void CeleryCollector::CallWorkers(const CollectContext& context,
                                  const std::vector<std::string>& methods) {
  const CollectContext half = HalfOf(context);
  const milliseconds window =
      std::min(options_.control_timeout, half.deadline.Remaining() * 9 / 10);
  const bool knows_heartbeats =
      listener_ == nullptr || steady_clock::now() - started_ >= kHeartbeatsHeard;
  ControlInquiry inquiry(
      *broker_, scope_, [this] { return Pulses(); }, methods, options_.control_timeout,
      knows_heartbeats);
  const ControlInquiry::Result result = inquiry.Run(half);
  if (!result.failure) unheard_.SawMailboxes(result.mailboxes);
  {
    const MutexLock lock(heard_.mutex);
    // A round that failed completely does not count.
    if (!result.failure || !result.replies.empty()) {
      heard_.workers.Replied(result.replies, steady_clock::now(), result.reach);
    }
    if (scope_.problem()) heard_.workers.AskedLess();
  }
  if (result.failure) throw CollectError(*result.failure);
  TakeHeld(result.held);
  if (!scope_.problem() && held_ == ControlOrder::Held::kNot) {
    ExpectReplies(!result.replies.empty(), window);
  }
}

void CeleryCollector::TakeHeld(ControlOrder::Held held) {
  if (std::exchange(held_, held) != held) held_since_ = steady_clock::now();
  if (held == ControlOrder::Held::kDeaf && steady_clock::now() - held_since_ >= kDeafFor) {
    throw CollectError(
        ErrorKind::kQuery,
        fmt::format("a worker sends heartbeats, has a mailbox and listens to nobody: "
                    "a control call, whoever sent it, stopped it, and then its log "
                    "shows an error and it is to be started again; or it takes no "
                    "control calls, and its mailbox in {} is an old one: SREM it. "
                    "Workers that were not asked before are not asked meanwhile",
                    options_.names.MailboxBinding()));
  }
  if (held == ControlOrder::Held::kMayHaveStopped) {
    throw CollectError(ErrorKind::kQuery,
                       "a worker was asked and did not answer, and one fewer listens since: it may "
                       "have been stopped by its reply, or another one has died. If the log of a "
                       "worker shows EncodeError, set control: false and start that one again. "
                       "Workers that were not asked before are not asked for ten minutes");
  }
}

std::vector<WorkerPulse> CeleryCollector::Pulses() {
  const MutexLock lock(heard_.mutex);
  return heard_.workers.Pulses(steady_clock::now());
}

// Missing replies are a problem only if workers are heard: otherwise there may be no workers. A
// worker of the solo pool may be busy for a round or two.
void CeleryCollector::ExpectReplies(bool has_replies, milliseconds window) {
  bool has_workers = false;
  if (!has_replies) {
    const MutexLock lock(heard_.mutex);
    has_workers = heard_.workers.HeardSince(steady_clock::now() - kLivesFor);
  }
  silent_rounds_ = has_workers ? silent_rounds_ + 1 : 0;
  if (!has_workers) return;
  if (2 * window < options_.control_timeout) {
    throw CollectError(ErrorKind::kTimeout,
                       fmt::format("no worker replied within {} ms, which the rest of the "
                                   "collection had left: raise timeout",
                                   window.count()));
  }
  if (silent_rounds_ < kSilentRounds) return;
  throw CollectError(ErrorKind::kTimeout,
                     fmt::format("no worker replied within control_timeout, {} ms, {} times in a "
                                 "row, though workers are heard",
                                 window.count(), silent_rounds_));
}

bool CeleryCollector::WorkersWantRound() {
  const MutexLock lock(heard_.mutex);
  return heard_.workers.WantsRound();
}

// The configured queues in their order, then the others by name.
std::vector<std::string> CeleryCollector::QueuesToAsk(Reading& reading) {
  NamedQueues named;
  named.served.insert(found_.begin(), found_.end());
  {
    const MutexLock lock(heard_.mutex);
    for (std::string& queue : heard_.workers.Queues()) named.served.insert(std::move(queue));
    for (std::string& queue : heard_.tally.Queues()) named.heard.insert(std::move(queue));
  }
  std::vector<std::string> queues = roster_.ToAsk(named, steady_clock::now());
  if (queues.size() > kMaxQueues) {
    reading.problems.emplace_back(
        ErrorKind::kLimit,
        fmt::format("there are {} queues: only the first {} are read; name those that matter in "
                    "queues, and set discover_queues: false",
                    queues.size(), kMaxQueues),
        "queues");
    queues.resize(kMaxQueues);
  }
  return queues;
}

// While the broker does not answer, events go on, and the stream may be down as well: both are
// shown. The broker's last reading is shown for as long as other readings are (stale_after).
void CeleryCollector::AskBroker(const CollectContext& context,
                                const std::vector<std::string>& queues, Reading& reading) {
  try {
    BrokerReading broker = broker_->Read(context, queues);
    roster_.Answered(queues, broker.problems, steady_clock::now(), reading);
    // The broker answers again: the stream need not wait for its next attempt.
    if (!std::exchange(answered_, true) && listener_ != nullptr) listener_->TryNow();
    unheard_.SawQueues(broker);
    told_ = Told{std::move(broker), {}, steady_clock::now()};
    AgeQueues(*told_);
  } catch (const CollectError& error) {
    answered_ = false;
    if (listener_ == nullptr) throw;
    reading.failure = error;
    if (told_ && steady_clock::now() - told_->at >= options_.stale_after) told_.reset();
  }
  if (!told_) return;
  DoubtAges(*told_, reading);
  AddBroker(told_->broker, reading.families);
  for (std::size_t i = 0; i < told_->ages.size(); ++i) {
    AddQueue(told_->broker.queues[i], told_->ages[i], reading.families);
  }
}

void CeleryCollector::AgeQueues(Told& told) {
  const MutexLock lock(heard_.mutex);
  NoteDeaf(told.at);
  const double epoch = EpochNow();
  // On Redis every queue has priorities.
  const auto& queues = told.broker.queues;
  const bool is_redis = !queues.empty() && queues.front().knows_heads;
  for (const auto& [queue, is_in_order] : heard_.workers.QueueOrders()) {
    heard_.tally.SetQueueOrder(queue, is_in_order && !is_redis);
  }
  // Nothing waits in a missing queue.
  for (const CollectError& problem : told.broker.problems) {
    if (problem.kind() == ErrorKind::kMissing && is_whole_)
      heard_.tally.OldestWaiting(problem.part(), 0, told.at, epoch);
  }
  for (const QueueReading& queue : queues) {
    told.ages.push_back(AgeOf(queue, heard_.tally, {told.at, epoch}));
  }
}

std::optional<QueueAge> CeleryCollector::AgeOf(const QueueReading& queue, EventTally& tally,
                                               const ReadTime& now) {
  return ages_.AgeOf(
      queue, [&](std::string_view uuid) { return tally.WaitingSince(uuid, now.epoch); },
      [&](std::string_view name, double waiting) {
        return is_whole_ ? tally.OldestWaiting(name, waiting, now.steady, now.epoch) : std::nullopt;
      },
      now.steady, now.epoch);
}

void CeleryCollector::AwaitStream(const CollectContext& context) {
  if (awaited_stream_) return;
  listener_->AwaitOutcome(context.deadline);
}

void CeleryCollector::TakeHealth(Reading& reading) {
  StreamHealth health = listener_->health();
  // The feed takes longer than kQuiet to tell a hanging broker from a quiet one.
  if (!answered_ && steady_clock::now() - health.caught_up > kQuiet) health.up = false;
  AddStream(health, reading.families);
  if (std::exchange(losses_, health.losses) != health.losses) {
    reading.problems.emplace_back(
        ErrorKind::kLimit,
        "events came faster than they were read, and the broker keeps 50,000 of them, for 5 s: "
        "some may be lost. The exporter stood still or has too little CPU, or the broker or the "
        "network "
        "is slow",
        "events");
  }
  if (!health.foreign_type.empty()) {
    reading.problems.emplace_back(
        ErrorKind::kProtocol,
        fmt::format("there are events in {}, which are not read: set event_serializer = 'json'",
                    health.foreign_type),
        "events");
  }
  if (health.problem) {
    reading.problems.emplace_back(health.problem->kind(), health.problem->what(), "events");
  } else if (health.connections == 0) {
    reading.problems.emplace_back(ErrorKind::kTimeout, "the stream was not up in time", "events");
  }
}

void CeleryCollector::AddHeard(const std::vector<std::string>& queues, Reading& reading) {
  std::vector<std::string> silent;
  bool hears_no_sender = false;
  {
    const MutexLock lock(heard_.mutex);
    const ReadTime now = {steady_clock::now(), EpochNow()};
    AddDoubts(now.steady, reading);
    for (const auto& [hostname, queue] : heard_.workers.SoleQueues()) {
      heard_.tally.SetWorkerQueue(hostname, queue);
    }
    heard_.tally.End(heard_.workers.TakeEnded(now.steady));
    silent = heard_.workers.TakeSilent();
    if (heard_.workers.TakeRefused()) {
      reading.problems.emplace_back(
          ErrorKind::kLimit,
          fmt::format("there are more than {} workers: some are not shown",
                      options_.workers.max_workers),
          "workers");
    }
    heard_.workers.Write(queues, broker_->TellsScheduled(), reading.families, now);
    if (options_.events) heard_.tally.Write(reading.families, now.steady);
    hears_no_sender = heard_.tally.HearsNoSender();
    if (heard_.tally.IsFull()) {
      reading.problems.emplace_back(
          ErrorKind::kLimit,
          "there are more series of tasks than three quarters of max_series: the rest is counted "
          "under other, see celery_task_series_folded_total",
          "tasks");
    }
  }
  ages_.Keep(queues);
  LogSilent(silent, steady_clock::now());
  if (hears_no_sender) LogNoSender();
}

}  // namespace collectors
