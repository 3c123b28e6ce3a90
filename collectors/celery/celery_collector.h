#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collectors/celery/brokers/broker.h"
#include "collectors/celery/brokers/event_feed.h"
#include "collectors/celery/celery_options.h"
#include "collectors/celery/deaf_time.h"
#include "collectors/celery/event_listener.h"
#include "collectors/celery/queue_ages.h"
#include "collectors/celery/queue_roster.h"
#include "collectors/celery/tasks/event_tally.h"
#include "collectors/celery/workers/control_scope.h"
#include "collectors/celery/workers/unheard_workers.h"
#include "collectors/celery/workers/worker_table.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/mutex.h"

namespace collectors {

// A broker and its event feed; each connects when it is first used.
struct CeleryConnections {
  std::unique_ptr<CeleryBroker> broker;
  std::unique_ptr<EventFeed> feed;
};

// Reads tasks, workers and queues of Celery. Asks the broker in each run. From the first run on, a
// separate thread listens to events.
class CeleryCollector : public exporter::Collector {
 public:
  // Called in the first run. Throws CollectError if the broker's address is not known yet; then the
  // next run calls it again.
  using Connect = std::function<CeleryConnections()>;

  CeleryCollector(CeleryOptions options, Connect connect);

  exporter::Reading Collect(const exporter::CollectContext& context) override;
  std::vector<exporter::SeriesId> Claims() const override;

 private:
  // Work that is due at intervals. Its problem stands until it is done again.
  struct Errand {
    std::string part;  // The part in its problem.
    std::chrono::milliseconds interval;
    std::optional<exporter::SteadyTime> done = {};
    std::optional<exporter::CollectError> problem = {};
  };
  // The broker's last reading.
  struct Told {
    BrokerReading broker;
    std::vector<std::optional<QueueAge>> ages;  // One for each of broker.queues.
    exporter::SteadyTime at;
  };
  // Shared by the listener's thread and the runs.
  struct Heard {
    exporter::Mutex mutex;
    EventTally tally GUARDED_BY(mutex);
    WorkerTable workers GUARDED_BY(mutex);
    Heard(const TallyOptions& tally_options, const WorkerOptions& worker_options)
        : tally(tally_options), workers(worker_options) {}
  };

  void Start(const exporter::CollectContext& context);
  template <typename Work>
  void Run(Errand& errand, exporter::Reading& reading, const Work& work);
  std::vector<std::string> QueuesToAsk(exporter::Reading& reading);
  // Makes a round of control calls if one is due, within what scope_ allows.
  void RunControl(const exporter::CollectContext& context, exporter::Reading& reading);
  bool WorkersWantRound();
  void ExpectReplies(bool has_replies, std::chrono::milliseconds window);
  void CallWorkers(const exporter::CollectContext& context,
                   const std::vector<std::string>& methods);
  std::vector<WorkerPulse> Pulses();
  // Notes why the last round did not ask all workers, if workers are the reason. Throws
  // CollectError if one has not listened for half a minute, or may have been stopped by its reply.
  void TakeHeld(ControlOrder::Held held);
  void AddHeld(exporter::Reading& reading) const;
  // Only the first run waits for the stream: `check --connect` and `collect` have no second one.
  void AwaitStream(const exporter::CollectContext& context);
  void TakeHealth(exporter::Reading& reading);
  void AskBroker(const exporter::CollectContext& context, const std::vector<std::string>& queues,
                 exporter::Reading& reading);
  void AgeQueues(Told& told);
  // Adds the time up to `now` in which events may have been missed.
  void NoteDeaf(exporter::SteadyTime now) REQUIRES(heard_.mutex);
  std::optional<QueueAge> AgeOf(const QueueReading& queue, EventTally& tally, const ReadTime& now);
  void AddHeard(const std::vector<std::string>& queues, exporter::Reading& reading);
  void AddDoubts(exporter::SteadyTime now, exporter::Reading& reading) REQUIRES(heard_.mutex);
  void DoubtAges(Told& told, exporter::Reading& reading);
  void DoubtUnacked(BrokerReading& broker, exporter::Reading& reading);
  void NameOvertaken(const Told& told, exporter::Reading& reading);
  void LogNoSender();
  void LogSilent(const std::vector<std::string>& workers, exporter::SteadyTime now);

  const CeleryOptions options_;
  const Connect connect_;
  Heard heard_;
  std::unique_ptr<CeleryBroker> broker_;  // Null before the first run.
  QueueRoster roster_;
  std::vector<std::string> found_;
  Errand discovery_;
  Errand control_;
  ControlScope scope_;
  ControlOrder::Held held_ = ControlOrder::Held::kNot;
  exporter::SteadyTime held_since_ = {};
  UnheardWorkers unheard_;
  QueueAges ages_;
  std::optional<Told> told_;
  bool answered_ = true;   // Whether the broker did in the last run.
  int silent_rounds_ = 0;  // Control rounds in a row without a reply, though workers are heard.
  DeafTime deaf_;
  std::uint64_t losses_ = 0;  // Reported so far.
  bool is_whole_ = false;     // No event sent up to now was lost, as far as is known.
  bool awaited_stream_ = false;
  exporter::SteadyTime started_ = {};
  std::optional<exporter::SteadyTime> silence_logged_;
  bool sender_logged_ = false;
  std::unique_ptr<EventListener> listener_;  // Last: its thread writes to the members above.
};

}  // namespace collectors
