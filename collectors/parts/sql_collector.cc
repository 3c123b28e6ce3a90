#include "collectors/parts/sql_collector.h"

#include <utility>

#include "collectors/clients/net/run_of.h"

namespace collectors {
namespace {

// The time that a leader keeps for confirming that it still leads, and for publishing its reading.
constexpr std::chrono::milliseconds kConfirmTime(50);

}  // namespace

void SqlCollector::MakeSingleton(const exporter::JobSettings& settings) {
  // The server ends a session that was idle for an interval and two timeouts. The leader's last
  // reading is withdrawn one timeout earlier.
  leadership_.emplace(settings.name, settings.interval + 2 * settings.timeout);
  shown_for_ = settings.interval + settings.timeout;
}

exporter::Reading SqlCollector::Collect(const exporter::CollectContext& context) {
  const RunOf ends_with(*session_);
  const SqlRun run{*session_, context, std::chrono::steady_clock::now(), db_time_.get()};
  db_time_->BeginRun(run.now);
  return leadership_ ? CollectAsLeader(run) : schedule_.Collect(run);
}

exporter::Reading SqlCollector::CollectAsLeader(const SqlRun& run) {
  exporter::Reading reading;
  shows_ = false;  // Stays false if the following code throws.
  schedule_.NoteDue(run);
  reading.skipped = !leadership_->Take(*session_, run.context);
  if (reading.skipped) return reading;
  exporter::CollectContext context = run.context;
  context.deadline = exporter::Deadline::At(run.context.deadline.when() - kConfirmTime);
  reading = schedule_.Collect({run.session, context, run.now, run.db_time});
  leadership_->Confirm(*session_, run.context);
  leads_until_ = run.now + shown_for_;
  reading.shown_until = leads_until_;
  shows_ = true;
  return reading;
}

exporter::FamilySet SqlCollector::Account() const {
  exporter::FamilySet families;
  session_->Write(families);
  if (!leadership_ || shows_) {
    schedule_.Account(families, leadership_ ? leads_until_ : exporter::SteadyTime::max());
  }
  if (!leadership_) return families;
  const bool leads = leadership_->leads();
  families
      .Open(prometheus::MetricType::Gauge, "exporter_collector_leader",
            "Whether this exporter does the work of the collector, of all that have it: 1 or 0.",
            leads ? std::optional(leads_until_) : std::nullopt)
      .Add(leads ? 1 : 0);
  return families;
}

}  // namespace collectors
