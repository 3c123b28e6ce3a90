#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/clients/tls.h"
#include "collectors/name_patterns.h"
#include "collectors/queue/rabbitmq_answer.h"
#include "exporter/collector.h"
#include "exporter/secret.h"

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

// Which RabbitMQ is asked, how, and by whom; as AmqpTarget and HttpTarget have it.
struct RabbitmqTarget {
  exporter::SecretSource url;  // amqp://, amqps://, http:// or https://
  std::string user;
  exporter::SecretSource password;
  std::string vhost;  // Of an HTTP URL, whose path it may be too.
  std::string client_name;
  TlsOptions tls = {};
};

// The way that a URL's scheme stands for.
enum class RabbitmqWay { kAmqp, kManagement };
// Absent for schemes of other systems.
std::optional<RabbitmqWay> RabbitmqWayOf(std::string_view url);

// Whether the URL speaks TLS; throws std::invalid_argument where something is wrong
// with it, or with the virtual host beside it. Holds no secret.
bool CheckRabbitmqUrl(std::string_view url, std::string_view vhost);

// A source by what the URL is now. Throws CollectError kConnect where it is none.
std::unique_ptr<RabbitmqSource> MakeRabbitmqSource(const RabbitmqTarget& target);

}  // namespace collectors
