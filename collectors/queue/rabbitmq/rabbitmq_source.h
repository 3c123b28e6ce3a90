#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "collectors/queue/rabbitmq/rabbitmq_answer.h"
#include "collectors/shared/name_patterns.h"
#include "exporter/seam/collector.h"

namespace collectors {

// A hint for a queue that does not exist.
inline constexpr char kDeclaredFirst[] =
    "a consumer, as a Celery worker, declares it when it first starts";

// Which queues each collection asks about.
struct RabbitmqQuestion {
  std::vector<std::string> queues;  // By name, without duplicates.
  // Also all others of the virtual host that match, except plumbing. Only with the management API.
  std::optional<NamePatterns> discover = std::nullopt;
};

struct RabbitmqFindings {
  std::vector<RabbitmqQueue> queues;  // Those that exist, without duplicates.
  // Messages in Celery's delay queues; absent if there are no such queues, or not all are known.
  std::optional<double> delayed = std::nullopt;
  std::size_t left_out = 0;  // Queues found beyond those shown.
  // What failed while the rest is good; the part is the queue's name.
  std::vector<exporter::CollectError> problems;
};

// A way to ask RabbitMQ. One thread at a time.
class RabbitmqSource {
 public:
  virtual ~RabbitmqSource() = default;
  // Returns by context.deadline. Throws CollectError if it found out nothing.
  virtual RabbitmqFindings Read(const exporter::CollectContext& context,
                                const RabbitmqQuestion& question) = 0;
};

}  // namespace collectors
