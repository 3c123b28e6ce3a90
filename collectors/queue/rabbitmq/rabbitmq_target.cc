#include "collectors/queue/rabbitmq/rabbitmq_target.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "collectors/clients/amqp/amqp_url.h"
#include "collectors/queue/rabbitmq/rabbitmq_declares.h"
#include "collectors/queue/rabbitmq/rabbitmq_management.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::Secret;
using exporter::SecretSource;

struct Scheme {
  std::string_view name;
  RabbitmqWay way;
};
constexpr Scheme kSchemes[] = {
    {"amqp", RabbitmqWay::kAmqp},       {"amqps", RabbitmqWay::kAmqp},
    {"pyamqp", RabbitmqWay::kAmqp},     {"librabbitmq", RabbitmqWay::kAmqp},
    {"http", RabbitmqWay::kManagement}, {"https", RabbitmqWay::kManagement},
};

Secret LoadUrl(const SecretSource& url) {
  try {
    return url.Load();
  } catch (const std::runtime_error& error) {  // Its text names the file.
    throw CollectError(ErrorKind::kConnect, error.what());
  }
}

}  // namespace

std::optional<RabbitmqWay> RabbitmqWayOf(std::string_view url) {
  const std::size_t colon = url.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  for (const Scheme& scheme : kSchemes) {
    if (scheme.name == url.substr(0, colon)) return scheme.way;
  }
  return std::nullopt;
}

RabbitmqUrl CheckRabbitmqUrl(std::string_view url, std::string_view vhost) {
  if (RabbitmqWayOf(url) == RabbitmqWay::kManagement) {
    const HttpEndpoint endpoint = ParseHttpUrl(url);
    PlaceOf(endpoint, vhost);
    return {endpoint.tls, {}};
  }
  const std::vector<AmqpEndpoint> endpoints = ParseAmqpUrls(url);
  if (!vhost.empty()) {
    throw std::invalid_argument("an AMQP URL names its virtual host itself: amqp://host/vhost");
  }
  const bool is_tls = std::ranges::any_of(endpoints, &AmqpEndpoint::tls);
  return {is_tls, AmqpDropped(endpoints)};
}

std::unique_ptr<RabbitmqSource> MakeRabbitmqSource(const RabbitmqTarget& target) {
  const Secret url = LoadUrl(target.url);
  try {
    CheckRabbitmqUrl(url.Reveal(), target.vhost);
    if (RabbitmqWayOf(url.Reveal()) == RabbitmqWay::kAmqp) {
      return std::make_unique<RabbitmqDeclares>(
          AmqpTarget{target.url, target.user, target.password, target.client_name, target.tls});
    }
    return std::make_unique<RabbitmqManagement>(
        HttpTarget{ParseHttpUrl(url.Reveal()), target.user, target.password, target.client_name,
                   target.tls},
        target.vhost);
  } catch (const std::invalid_argument& error) {
    throw CollectError(ErrorKind::kConnect, error.what());
  }
}

}  // namespace collectors
