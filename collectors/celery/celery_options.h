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

// What a celery collector is told. Where the broker is and who asks is kept as of
// a Redis: an AMQP target has some of the same fields, and of a URL that is in a
// file it is not known yet which of the two it is.
struct CeleryOptions {
  std::string name;  // The collector's.
  std::chrono::milliseconds stale_after{45000};
  RedisTarget target;
  std::vector<std::string> queues;  // Configured, in their order, each once.
  bool discover_queues = true;
  std::chrono::milliseconds discovery_interval{60000};
  // As in Celery's settings; most of them of Redis alone.
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

enum class BrokerKind { kRedis, kSentinels, kAmqp };  // kSentinels: of a Redis.

// By the URL's scheme. Throws std::invalid_argument for one that is of neither.
BrokerKind KindOfBroker(std::string_view url);

// Notes what is wrong in the reader.
CeleryOptions ReadCeleryOptions(exporter::YamlReader& options,
                                const exporter::JobSettings& settings);

}  // namespace collectors
