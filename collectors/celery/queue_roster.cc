#include "collectors/celery/queue_roster.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::Reading;
using exporter::SteadyTime;

constexpr int kRestingRuns = 4;
constexpr std::chrono::minutes kStaysRefused{10};

// No queue has this name, or its key is not a queue.
bool IsNoQueue(ErrorKind kind) { return kind == ErrorKind::kMissing || kind == ErrorKind::kQuery; }

// It would be refused again.
bool IsRefusal(ErrorKind kind) { return IsNoQueue(kind) || kind == ErrorKind::kPermission; }

}  // namespace

QueueRoster::QueueRoster(std::vector<std::string> configured)
    : configured_(std::move(configured)), configured_set_(configured_.begin(), configured_.end()) {}

std::vector<std::string> QueueRoster::ToAsk(const NamedQueues& named, SteadyTime now) {
  ForgetOld(named, now);
  served_ = named.served;
  std::vector<std::string> queues;
  for (const std::string& queue : configured_) {
    if (!Rests(queue)) queues.push_back(queue);
  }
  std::set<std::string> others;
  for (const std::string& queue : named.served) {
    if (!IsConfigured(queue) && !refused_.contains(queue)) others.insert(queue);
  }
  if (std::exchange(awaits_answer_, true)) newcomers_ = std::max<std::size_t>(1, newcomers_ / 2);
  std::size_t room = std::min(newcomers_, kMaxRefused - std::min(kMaxRefused, refused_.size()));
  for (const std::string& queue : named.heard) {
    if (IsConfigured(queue) || refused_.contains(queue) || others.contains(queue)) continue;
    if (!confirmed_.contains(queue)) {
      if (room == 0) continue;
      --room;
    }
    others.insert(queue);
  }
  queues.insert(queues.end(), others.begin(), others.end());
  return queues;
}

bool QueueRoster::Rests(const std::string& queue) {
  const auto refused = refused_.find(queue);
  return refused != refused_.end() && refused->second.rests-- > 0;
}

void QueueRoster::ForgetOld(const NamedQueues& named, SteadyTime now) {
  std::erase_if(refused_, [&](const auto& entry) {
    const auto& [queue, refusal] = entry;
    if (!refusal.served && named.served.contains(queue)) return true;
    return !IsConfigured(queue) && now - refusal.at >= kStaysRefused;
  });
}

void QueueRoster::Answered(const std::vector<std::string>& asked,
                           const std::vector<CollectError>& problems, SteadyTime now,
                           Reading& reading) {
  awaits_answer_ = false;
  newcomers_ = std::min(kMaxNewcomers, 2 * newcomers_);
  confirmed_ = {asked.begin(), asked.end()};
  for (const std::string& queue : asked) refused_.erase(queue);
  for (const CollectError& problem : problems) {
    const std::string& queue = problem.part();
    // A problem of the whole broker, such as "unacked", is not of a queue.
    if (confirmed_.erase(queue) > 0 && IsRefusal(problem.kind())) {
      refused_.insert_or_assign(queue,
                                Refusal{problem, now, kRestingRuns, served_.contains(queue)});
    }
    const bool is_asked = std::find(asked.begin(), asked.end(), queue) != asked.end();
    if (is_asked && !IsConfigured(queue) && IsNoQueue(problem.kind())) continue;
    reading.problems.push_back(problem);
  }
}

void QueueRoster::AddStanding(const std::vector<std::string>& asked, Reading& reading) const {
  const std::set<std::string> answered(asked.begin(), asked.end());
  for (const auto& [queue, refusal] : refused_) {
    if (answered.contains(queue)) continue;
    if (IsConfigured(queue) || !IsNoQueue(refusal.error.kind())) {
      reading.standing.push_back(refusal.error);
    }
  }
}

std::vector<std::string> QueueRoster::Shown(const std::vector<std::string>& asked) const {
  std::vector<std::string> shown = configured_;
  for (const std::string& queue : asked) {
    if (!IsConfigured(queue) && !refused_.contains(queue)) shown.push_back(queue);
  }
  return shown;
}

}  // namespace collectors
