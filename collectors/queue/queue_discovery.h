#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collectors/clients/redis/redis_session.h"
#include "collectors/queue/systems/queue_system.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/deadline.h"

namespace collectors {

// All queues of one system below one prefix.
struct QueueRealm {
  const QueueSystem* system;
  std::string prefix;

  bool operator==(const QueueRealm&) const = default;
};

// What a queue of the realm is called on the page: its name, behind the prefix where
// that is not the system's own.
std::string QueueLabel(const QueueRealm& realm, const std::string& queue);

// So many queues are found at most, in all realms together.
inline constexpr std::size_t kQueuesFound = 1000;

// Looks up which queues the realms have, on a schedule of its own: by a system's
// registry where it keeps one, else by SCAN. A look-up that exceeds its part of a
// collection's budget goes on in the next one. One thread.
class QueueDiscovery {
 public:
  QueueDiscovery(std::vector<QueueRealm> realms, std::chrono::milliseconds interval);

  // Looks as far as is due and the budget goes. What is refused is a problem of that
  // realm, and is tried again when it is due. Throws where nobody answers.
  void Step(const exporter::CollectContext& context, RedisSession& session,
            exporter::SteadyTime now, exporter::Reading& reading);

  struct Found {
    const QueueRealm* realm;
    std::string queue;
  };
  // By realm, then by name. The pointers live as long as this.
  std::vector<Found> queues() const;
  std::vector<QueueRealm> realms() const;

 private:
  // One realm, and how far its look-up is.
  struct Walk {
    QueueRealm realm;
    exporter::SteadyTime begun;  // The present look-up, or the last one.
    exporter::SteadyTime due;
    std::string cursor = {};                                // Empty between two look-ups.
    std::map<std::string, exporter::SteadyTime> seen = {};  // Queues, and when last.
    bool too_many = false;
    std::optional<exporter::CollectError> refused = std::nullopt;
  };

  void Begin(exporter::SteadyTime now, Walk& walk);
  void Go(const exporter::CollectContext& context, RedisSession& session, exporter::SteadyTime now,
          int under_way, Walk& walk);
  void TakeStep(const exporter::CollectContext& context, RedisSession& session,
                exporter::SteadyTime now, Walk& walk);
  std::vector<std::string> Proven(const exporter::CollectContext& context, RedisSession& session,
                                  const QueueRealm& realm, std::vector<std::string> queues) const;
  void Add(const std::vector<std::string>& queues, exporter::SteadyTime now, Walk& walk);
  static void End(exporter::SteadyTime now, Walk& walk);
  std::size_t FoundCount() const;

  std::vector<Walk> walks_;
  std::chrono::milliseconds interval_;
};

}  // namespace collectors
