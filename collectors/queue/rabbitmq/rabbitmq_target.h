#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/clients/net/tls.h"
#include "collectors/queue/rabbitmq/rabbitmq_source.h"
#include "exporter/seam/secret.h"

namespace collectors {

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
