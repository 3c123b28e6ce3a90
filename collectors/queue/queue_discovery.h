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

// A queue's label: its name, behind the prefix if that is not the system's default and not part of
// the name.
std::string QueueLabel(const QueueRealm& realm, const std::string& queue);

// At most this many queues are found, in all realms together.
inline constexpr std::size_t kQueuesFound = 1000;

// Looks up the queues of the realms, at intervals: by a system's registry if it keeps one, else by
// SCAN. A look-up that exceeds its share of a collection's budget goes on in the next one. One
// thread.
class QueueDiscovery {
 public:
  QueueDiscovery(std::vector<QueueRealm> realms, std::chrono::milliseconds interval);

  // Looks as far as is due and the budget allows. A refusal is a problem of its realm, which is
  // tried again when it is due. Throws if the server does not answer.
  void Step(const exporter::CollectContext& context, RedisSession& session,
            exporter::SteadyTime now, exporter::Reading& reading);

  struct Found {
    const QueueRealm* realm;
    std::string queue;
  };
  // By realm, then by name. The pointers are valid as long as this object.
  std::vector<Found> queues() const;
  std::vector<QueueRealm> realms() const;

 private:
  // One realm, and how far its look-up has got.
  struct Walk {
    QueueRealm realm;
    exporter::SteadyTime begun;  // Start of the present look-up, or of the last one.
    exporter::SteadyTime due;
    std::string cursor = {};                                // Empty between two look-ups.
    std::map<std::string, exporter::SteadyTime> seen = {};  // When each queue was last seen.
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
