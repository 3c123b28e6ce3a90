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

// The two connections to a broker; each connects when it is first used.
struct CeleryConnections {
  std::unique_ptr<CeleryBroker> broker;
  std::unique_ptr<EventFeed> feed;
};

// Tasks, workers and queues of Celery: asks the broker in each run, and listens to
// events from the first run on, on a thread of its own.
class CeleryCollector : public exporter::Collector {
 public:
  // Called once, in the first run; throws CollectError where it cannot be told yet
  // where the broker is, and is called again then.
  using Connect = std::function<CeleryConnections()>;

  CeleryCollector(CeleryOptions options, Connect connect);

  exporter::Reading Collect(const exporter::CollectContext& context) override;
  std::vector<exporter::SeriesId> Claims() const override;

 private:
  // Something that is done now and then; what was wrong with it stands until then.
  struct Errand {
    std::string part;  // Of its problem.
    std::chrono::milliseconds interval;
    std::optional<exporter::SteadyTime> done = {};
    std::optional<exporter::CollectError> problem = {};
  };
  // What the broker said when it last answered.
  struct Told {
    BrokerReading broker;
    std::vector<std::optional<QueueAge>> ages;  // Of its queues, in their order.
    exporter::SteadyTime at;
  };
  // What the listener's thread writes and a run reads.
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
  // What it may ask.
  void RunControl(const exporter::CollectContext& context, exporter::Reading& reading);
  bool WorkersWantRound();
  void ExpectReplies(bool has_replies, std::chrono::milliseconds window);
  void CallWorkers(const exporter::CollectContext& context,
                   const std::vector<std::string>& methods);
  std::vector<WorkerPulse> Pulses();
  // Why not all workers were asked in the last round, if that lies with workers.
  void TakeHeld(ControlOrder::Held held);
  void AddHeld(exporter::Reading& reading) const;
  // The first run waits for the stream: `check --connect` and `collect` have no other.
  void AwaitStream(const exporter::CollectContext& context);
  void TakeHealth(exporter::Reading& reading);
  void AskBroker(const exporter::CollectContext& context, const std::vector<std::string>& queues,
                 exporter::Reading& reading);
  void AgeQueues(Told& told);
  // Takes note of the time in which events may have passed unheard, up to now.
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
  bool answered_ = true;   // The broker, in the last run.
  int silent_rounds_ = 0;  // Of control calls in a row, which workers heard and nobody answered.
  DeafTime deaf_;
  std::uint64_t losses_ = 0;  // That were reported.
  bool is_whole_ = false;     // Nothing that was sent up to now was lost, as far as is known.
  bool awaited_stream_ = false;
  exporter::SteadyTime started_ = {};
  std::optional<exporter::SteadyTime> silence_logged_;
  bool sender_logged_ = false;
  std::unique_ptr<EventListener> listener_;  // Last: it writes into what is above.
};

}  // namespace collectors
