#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "collectors/queue/rabbitmq/rabbitmq_answer.h"
#include "collectors/shared/name_patterns.h"
#include "exporter/seam/collector.h"

namespace collectors {

// What a user of a queue that is not there may not know.
inline constexpr char kDeclaredFirst[] =
    "a consumer, as a Celery worker, declares it when it first starts";

// Which queues are asked about in each collection.
struct RabbitmqQuestion {
  std::vector<std::string> queues;  // By name, none twice.
  // And all others of the virtual host that match, plumbing left out; of a RabbitMQ
  // that is asked by the management API alone.
  std::optional<NamePatterns> discover = std::nullopt;
};

struct RabbitmqFindings {
  std::vector<RabbitmqQueue> queues;  // Those that are there, none twice.
  // Messages in Celery's delay queues; absent where there are none, or not all are known.
  std::optional<double> delayed = std::nullopt;
  std::size_t left_out = 0;  // Queues that were found beyond what is shown.
  // What is wrong while the rest is good; the part is the queue's name.
  std::vector<exporter::CollectError> problems;
};

// A way to ask a RabbitMQ. One thread at a time.
class RabbitmqSource {
 public:
  virtual ~RabbitmqSource() = default;
  // Ends by context.deadline. Throws CollectError where nothing was found out.
  virtual RabbitmqFindings Read(const exporter::CollectContext& context,
                                const RabbitmqQuestion& question) = 0;
};

}  // namespace collectors
