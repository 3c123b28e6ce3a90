#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/celery/brokers/redis_names.h"
#include "collectors/celery/tasks/event_tally.h"
#include "collectors/celery/workers/control_scope.h"
#include "collectors/celery/workers/worker_table.h"
#include "collectors/clients/redis/redis_session.h"
#include "exporter/config/yaml_reader.h"
#include "exporter/seam/job_settings.h"

namespace collectors {

// The options of a celery collector. The broker's address and the credentials are kept as a
// RedisTarget: an AMQP target has some of the same fields, and if the URL is in a file, the kind of
// broker is not known yet.
struct CeleryOptions {
  std::string name;  // The collector's.
  std::chrono::milliseconds stale_after{45000};
  RedisTarget target;
  std::vector<std::string> queues;  // From the configuration, in their order, without duplicates.
  bool discover_queues = true;
  std::chrono::milliseconds discovery_interval{60000};
  // As in Celery's settings; most apply to Redis only.
  RedisNames names;
  std::chrono::milliseconds visibility_timeout{3600000};

  bool events = true;
  std::chrono::milliseconds connect_timeout{5000};
  TallyOptions tally;
  WorkerOptions workers;

  ControlMode control = ControlMode::kQueues;
  std::chrono::milliseconds control_interval{15000};
  std::chrono::milliseconds control_timeout{1000};
};

enum class BrokerKind { kRedis, kSentinels, kAmqp };  // kSentinels: a Redis behind sentinels.

// By the URL's scheme. Throws std::invalid_argument for any other scheme.
BrokerKind KindOfBroker(std::string_view url);

// Adds mistakes to the problems of `options`.
CeleryOptions ReadCeleryOptions(exporter::YamlReader& options,
                                const exporter::JobSettings& settings);

}  // namespace collectors
