#include "collectors/celery/workers/worker_clock.h"

#include <algorithm>
#include <cmath>

namespace collectors {
namespace {

constexpr std::size_t kMostSamples = 30;  // A minute of heartbeats, one every 2 s.
// A clock that is nearer than this is good: a heartbeat may take a moment to come.
constexpr double kLeastShift = 5;
// A clock that was off is good again below this, so that one at the bound does not go to and fro.
constexpr double kGoodAgain = 3;
constexpr double kLeastChange = 1;
// Two heartbeats that came at their pace, with leads that differ by less than this, show that a
// clock was set.
constexpr double kAgreement = 1;
constexpr double kPace = 0.5;

}  // namespace

void WorkerClock::Heard(double stamp, double epoch) {
  const Sample sample{stamp - epoch, epoch};
  const bool agrees = !samples_.empty() && epoch - samples_.back().epoch >= kPace &&
                      std::abs(sample.lead - samples_.back().lead) < kAgreement;
  if (agrees && *lead_ - sample.lead > kLeastShift) samples_.clear();
  samples_.push_back(sample);
  if (samples_.size() > kMostSamples) samples_.pop_front();
  lead_ =
      std::max_element(samples_.begin(), samples_.end(), [](const auto& one, const auto& other) {
        return one.lead < other.lead;
      })->lead;
  if (std::abs(*lead_) < (shift_ == 0 ? kLeastShift : kGoodAgain)) {
    shift_ = 0;
  } else if (std::abs(*lead_ - shift_) > kLeastChange) {
    shift_ = *lead_;
  }
}

}  // namespace collectors
