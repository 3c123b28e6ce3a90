#include "collectors/celery/workers/worker_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <set>
#include <utility>

namespace collectors {
namespace {

using exporter::SteadyTime;

constexpr std::size_t kMaxQueues = 1000;
constexpr std::size_t kMaxHostname = 512;
// A worker sends a heartbeat every 2 s.
constexpr std::chrono::seconds kRecent{5};
constexpr int kNewcomerRounds = 2;
constexpr std::ptrdiff_t kMostEnded = 10000;
// A full table is not searched for room at every event of an unknown worker.
constexpr std::chrono::seconds kStaysFull{1};

std::string_view HostOf(std::string_view hostname) {
  const std::size_t at = hostname.rfind('@');
  return at == std::string_view::npos ? hostname : hostname.substr(at + 1);
}

}  // namespace

void WorkerTable::Heard(const CeleryEvent& event, SteadyTime now, std::optional<double> epoch) {
  if (event.type == EventType::kTaskSent) return;
  const std::size_t known = workers_.size();
  Worker* const worker = FindOrAdd(event.hostname, now);
  if (worker == nullptr) return;
  worker->Heard(event, now, deaf_);
  if (epoch && event.timestamp && !IsTaskEvent(event.type)) {
    worker->HeardClock(*event.timestamp, *epoch);
    NoteHost(event.hostname);
  }
  const bool has_come = event.type == EventType::kWorkerOnline || workers_.size() > known;
  if (has_come) newcomer_rounds_ = kNewcomerRounds;
}

void WorkerTable::NoteHost(std::string_view hostname) {
  const std::string_view host = HostOf(hostname);
  const auto found = by_host_.find(host);
  if (found != by_host_.end()) {
    if (found->second != hostname) found->second = hostname;
    return;
  }
  if (by_host_.size() >= options_.max_workers)
    by_host_.clear();  // Most of these hosts are gone; the others come again.
  by_host_.emplace(host, hostname);
}

double WorkerTable::ShiftOf(const CeleryEvent& event) const {
  auto worker = workers_.end();
  if (event.type != EventType::kTaskSent) {
    worker = workers_.find(event.hostname);
  } else if (const auto host = by_host_.find(HostOf(event.hostname)); host != by_host_.end()) {
    worker = workers_.find(host->second);
  }
  return worker == workers_.end() ? 0 : worker->second.clock().shift();
}

CeleryEvent WorkerTable::Corrected(const CeleryEvent& event) const {
  CeleryEvent corrected = event;
  const double shift = ShiftOf(event);
  if (shift == 0) return corrected;
  if (corrected.timestamp) *corrected.timestamp -= shift;
  // The sender makes the eta, also the one that a worker reports.
  if (corrected.eta && event.type == EventType::kTaskSent) *corrected.eta -= shift;
  return corrected;
}

std::optional<std::string> WorkerTable::WithClockOff() const {
  const auto found = std::find_if(workers_.begin(), workers_.end(), [](const auto& entry) {
    return entry.second.clock().shift() != 0;
  });
  if (found == workers_.end()) return std::nullopt;
  return fmt::format("{} s {} ours: {}", std::abs(std::round(found->second.clock().shift())),
                     found->second.clock().shift() > 0 ? "ahead of" : "behind", found->first);
}

bool WorkerTable::HeardSince(SteadyTime moment) const {
  return std::any_of(workers_.begin(), workers_.end(), [&](const auto& entry) {
    return !entry.second.is_offline() && entry.second.last_heard() > moment;
  });
}

std::vector<WorkerPulse> WorkerTable::Pulses(SteadyTime now) const {
  std::vector<WorkerPulse> pulses;
  for (const auto& [hostname, worker] : workers_) {
    if (worker.beats() == 0 || worker.LifeAt(now, deaf_, silence()) != Life::kUp) continue;
    pulses.push_back(
        {hostname, worker.process_number(), worker.beats(), now - worker.last_heard() < kRecent});
  }
  return pulses;
}

// Whether a worker that is up may serve any queue: it is new and has not replied yet.
bool WorkerTable::HasStranger(SteadyTime now) const {
  return newcomer_rounds_ > 0 &&
         std::any_of(workers_.begin(), workers_.end(), [&](const auto& entry) {
           return !entry.second.last_facts().queues &&
                  entry.second.LifeAt(now, deaf_, silence()) == Life::kUp;
         });
}

void WorkerTable::Replied(const std::vector<WorkerReply>& replies, SteadyTime now,
                          const RoundReach& reach) {
  reach_ = reach;
  if (newcomer_rounds_ > 0 && !reach.wants_more) --newcomer_rounds_;
  if (reach.is_whole) rounds_of_last_turn_ = std::exchange(rounds_of_turn_, 0);
  ++rounds_of_turn_;
  round_ = now;
  for (const WorkerReply& reply : replies) {
    Worker* const worker = FindOrAdd(reply.hostname, now);
    if (worker == nullptr) continue;
    answered_ = true;
    worker->Replied(reply, now, deaf_);
  }
}

void WorkerTable::AskedLess() {
  for (auto& [hostname, worker] : workers_) worker.AskedLess();
}

void WorkerTable::Deaf(Worker::Duration duration) {
  if (duration <= Worker::Duration::zero()) return;
  deaf_.down += duration;
  for (auto& [hostname, worker] : workers_) worker.Missed();
}

void WorkerTable::SetForeign(Worker::Duration duration, SteadyTime since) {
  deaf_.foreign = duration;
  deaf_.foreign_since = since;
}

Worker* WorkerTable::FindOrAdd(std::string_view hostname, SteadyTime now) {
  if (hostname.empty() || hostname.size() > kMaxHostname) return nullptr;
  const auto found = workers_.find(hostname);
  if (found != workers_.end()) return &found->second;
  if (workers_.size() >= options_.max_workers && !MakeRoom(now)) {
    refused_ = true;
    return nullptr;
  }
  heard_any_ = true;
  return &workers_[std::string(hostname)];
}

// The worker that has been gone for the longest is removed first.
bool WorkerTable::MakeRoom(SteadyTime now) {
  if (full_since_ && now - *full_since_ < kStaysFull) return false;
  auto gone = workers_.end();
  for (auto it = workers_.begin(); it != workers_.end(); ++it) {
    if (it->second.LifeAt(now, deaf_, silence()) != Life::kDown) continue;
    if (gone == workers_.end() || it->second.last_heard() < gone->second.last_heard()) gone = it;
  }
  if (gone == workers_.end()) {
    full_since_ = now;
    return false;
  }
  KeepEnded(gone->second, now);
  workers_.erase(gone);
  full_since_.reset();
  return true;
}

void WorkerTable::ForgetGone(SteadyTime now) {
  for (auto it = workers_.begin(); it != workers_.end();) {
    Worker& worker = it->second;
    const bool is_gone = worker.LifeAt(now, deaf_, silence()) == Life::kDown &&
                         now - worker.DownSince(deaf_, silence()) >= options_.retention;
    if (is_gone) KeepEnded(worker, now);
    it = is_gone ? workers_.erase(it) : std::next(it);
  }
}

void WorkerTable::KeepEnded(Worker& worker, SteadyTime now) {
  const auto ended = worker.TakeAll(now);
  ended_.insert(ended_.end(), ended.begin(), ended.end());
  if (std::ssize(ended_) > kMostEnded) ended_.erase(ended_.begin(), ended_.end() - kMostEnded);
}

std::vector<EndedWork> WorkerTable::TakeEnded(SteadyTime now) {
  std::vector<EndedWork> all = std::exchange(ended_, {});
  for (auto& [hostname, worker] : workers_) {
    const auto ended = worker.TakeEnded(now, deaf_, silence());
    all.insert(all.end(), ended.begin(), ended.end());
  }
  return all;
}

std::vector<std::string> WorkerTable::Queues() const {
  std::set<std::string> names;
  for (const auto& [hostname, worker] : workers_) {
    if (!worker.last_facts().queues) continue;
    for (const std::string& queue : *worker.last_facts().queues) {
      if (names.size() < kMaxQueues) names.insert(queue);
    }
  }
  return {names.begin(), names.end()};
}

std::vector<std::pair<std::string, std::string>> WorkerTable::SoleQueues() const {
  std::vector<std::pair<std::string, std::string>> soles;
  for (const auto& [hostname, worker] : workers_) {
    const auto& queues = worker.last_facts().queues;
    if (!queues) continue;
    soles.emplace_back(hostname, queues->size() == 1 ? queues->front() : "");
  }
  return soles;
}

std::map<std::string_view, bool> WorkerTable::QueueOrders() const {
  std::map<std::string_view, bool> orders;
  for (const auto& [hostname, worker] : workers_) {
    if (!worker.last_facts().queues) continue;
    for (const std::string& queue : *worker.last_facts().queues) orders.try_emplace(queue, true);
    for (const std::string& queue : worker.last_facts().overtaking) orders[queue] = false;
  }
  return orders;
}

std::vector<std::string> WorkerTable::TakeSilent() {
  std::vector<std::string> silent;
  for (auto& [hostname, worker] : workers_) {
    if (worker.TakeSilent()) silent.push_back(hostname);
  }
  return silent;
}

}  // namespace collectors
