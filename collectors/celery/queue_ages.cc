#include "collectors/celery/queue_ages.h"

#include <algorithm>
#include <set>
#include <utility>

namespace collectors {
namespace {

using exporter::SteadyTime;

constexpr std::string_view kEvent = "event";
constexpr std::string_view kHead = "head";

constexpr double kClockSlack = 5;  // Seconds.

// Not negative: a sender's clock may be ahead of ours.
double AgeSince(double since, double now) { return std::max(0.0, now - since); }

double Seconds(SteadyTime::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

std::optional<QueueAge> QueueAges::AgeOf(const QueueReading& reading,
                                         const WaitingSince& waiting_since,
                                         const OldestWaiting& oldest_waiting, SteadyTime now,
                                         double epoch_now) {
  Queue& queue = queues_[reading.name];
  Watch(reading.heads, now, queue);
  if (!reading.waiting) return {};
  if (queue.source.empty()) queue.source = reading.knows_heads ? kHead : kEvent;
  // An empty queue keeps its last source, so that its series stays the same.
  if (*reading.waiting <= 0) {
    oldest_waiting(reading.name, 0);
    queue.oldest = epoch_now;
    return QueueAge{0, queue.source};
  }
  auto age = OldestHead(reading, queue, waiting_since, now, epoch_now);
  if (!age && reading.heads.empty()) {
    age = ByEvents(oldest_waiting(reading.name, *reading.waiting), queue, epoch_now);
  } else if (!age) {
    age = QueueAge{0, queue.source};  // All wait for their eta.
  }
  if (age) queue.source = age->source;
  return age;
}

// The first task of a queue becomes later, never earlier. If it seems earlier, a task that is gone
// may be counted instead of one whose event has not come yet. So an earlier time is used only if it
// is found twice.
std::optional<QueueAge> QueueAges::ByEvents(std::optional<double> since, Queue& queue,
                                            double epoch_now) {
  const auto before = std::exchange(queue.oldest, since);
  if (!since || !before || *since < *before - kClockSlack) return {};
  return QueueAge{AgeSince(*since, epoch_now), kEvent};
}

void QueueAges::Watch(const std::vector<QueueHead>& heads, SteadyTime now, Queue& queue) {
  std::vector<Watched> watched;
  for (const QueueHead& head : heads) {
    const auto same = std::find_if(queue.heads.begin(), queue.heads.end(), [&](const Watched& row) {
      return row.delivery_tag == head.delivery_tag;
    });
    watched.push_back({head.delivery_tag, same == queue.heads.end() ? now : same->since});
  }
  queue.heads = std::move(watched);
}

// The oldest of the heads that are due; exact if each age is.
std::optional<QueueAge> QueueAges::OldestHead(const QueueReading& reading, const Queue& queue,
                                              const WaitingSince& waiting_since, SteadyTime now,
                                              double epoch_now) {
  std::optional<QueueAge> oldest;
  for (std::size_t i = 0; i < reading.heads.size(); ++i) {
    const QueueHead& head = reading.heads[i];
    if (head.eta && *head.eta > epoch_now) continue;
    if (!oldest) oldest = QueueAge{0, kEvent};
    const auto since = head.uuid.empty() ? std::nullopt : waiting_since(head.uuid);
    double age = 0;
    if (since) {
      age = AgeSince(*since, epoch_now);
    } else {
      age = Seconds(now - queue.heads[i].since);
      if (head.eta) age = std::min(age, epoch_now - *head.eta);
      oldest->source = kHead;
    }
    oldest->seconds = std::max(oldest->seconds, age);
  }
  return oldest;
}

void QueueAges::Keep(const std::vector<std::string>& queues) {
  const std::set<std::string_view> kept(queues.begin(), queues.end());
  std::erase_if(queues_, [&](const auto& entry) { return !kept.contains(entry.first); });
}

}  // namespace collectors
