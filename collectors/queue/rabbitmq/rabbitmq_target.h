#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/clients/net/tls.h"
#include "collectors/queue/rabbitmq/rabbitmq_source.h"
#include "exporter/seam/secret.h"

namespace collectors {

// Which RabbitMQ is asked, how, and as which user; the fields are those of AmqpTarget and
// HttpTarget.
struct RabbitmqTarget {
  exporter::SecretSource url;  // amqp://, amqps://, http:// or https://
  std::string user;
  exporter::SecretSource password;
  std::string vhost;  // With an HTTP URL; its path may name it instead.
  std::string client_name;
  TlsOptions tls = {};
};

// What a URL's scheme stands for.
enum class RabbitmqWay { kAmqp, kManagement };
// Absent for schemes of other systems.
std::optional<RabbitmqWay> RabbitmqWayOf(std::string_view url);

struct RabbitmqUrl {
  bool tls;                          // Whether it speaks TLS.
  std::vector<std::string> dropped;  // Names of its parameters without an effect.
};
// Throws std::invalid_argument if the URL, or the virtual host beside it, is wrong; the message
// holds no secret.
RabbitmqUrl CheckRabbitmqUrl(std::string_view url, std::string_view vhost);

// Makes a source for the URL as it is now. Throws CollectError kConnect if the URL is wrong.
std::unique_ptr<RabbitmqSource> MakeRabbitmqSource(const RabbitmqTarget& target);

}  // namespace collectors
