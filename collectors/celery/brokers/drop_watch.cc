#include "collectors/celery/brokers/drop_watch.h"

#include <algorithm>

namespace collectors {
namespace {

using exporter::SteadyTime;
using std::chrono::milliseconds;

constexpr milliseconds kPace{1000};
constexpr milliseconds kPaceOfLag{250};
// RabbitMQ sends 200 messages to a connection before it lets any wait in the queue
// (rabbit_queue_consumers, UNSENT_MESSAGE_LIMIT). Those are not dropped.
constexpr std::size_t kHandedOn = 100;

}  // namespace

void DropWatch::Begin(SteadyTime now) {
  clear_ = answered_ = now;
  taken_ = 0;
  lags_ = false;
  was_empty_ = true;
  asked_.reset();
}

bool DropWatch::IsDue(SteadyTime now) const {
  return !asked_ && now - answered_ >= (was_empty_ ? kPace : kPaceOfLag);
}

bool DropWatch::MayHaveDropped(SteadyTime now) const {
  return lags_ || taken_ >= bounds_.most ||
         (now - clear_ >= bounds_.longest && taken_ >= kHandedOn);
}

void DropWatch::Answered(double waiting, SteadyTime now) {
  if (!asked_) return;
  const SteadyTime asked = *asked_;
  asked_.reset();
  answered_ = now;
  was_empty_ = waiting <= 0;
  const bool has_dropped = MayHaveDropped(now);
  if (has_dropped) {
    loss_ += now - std::max(clear_, counted_);
    counted_ = now;
  }
  lags_ = has_dropped && !was_empty_;
  if (!has_dropped && !was_empty_) return;
  // A message between the question and its answer counts twice rather than not at all.
  clear_ = was_empty_ ? asked : now;
  taken_ = 0;
}

}  // namespace collectors
