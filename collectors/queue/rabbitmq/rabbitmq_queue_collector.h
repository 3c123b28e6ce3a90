#pragma once

#include <memory>
#include <string_view>

#include "exporter/config/yaml_reader.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/job_settings.h"

namespace collectors {

// The collector of type queue for queues in RabbitMQ. A queue that fails does not affect the
// others. A missing queue is not an empty one: it has no sample, and is reported as missing.
std::unique_ptr<exporter::Collector> MakeRabbitmqQueueCollector(
    exporter::YamlReader& options, const exporter::JobSettings& settings);

// Help for its keys.
inline constexpr std::string_view kRabbitmqQueueKeys =
    "\nRabbitMQ: url is amqp://[user[:password]@]host[:port][/vhost], amqps:// by TLS, for waiting "
    "and consumers of named queues; or the management API's, "
    "http://[user[:password]@]host[:port][/vhost], https:// by TLS, for unacked and discovery "
    "too; in a url_file, queues or discover must name the system rabbitmq\n"
    "vhost     the virtual host, where the path of the management API's URL is its folder\n"
    "queues    a list of {name, system, key}; system is rabbitmq; key is the queue's name there, "
    "and defaults to the name\n"
    "discover  [rabbitmq]: all queues of the virtual host, by the management API\n"
    "include   patterns (RE2, of the whole name) that a queue must match to be discovered\n"
    "exclude   patterns of queues that are not";

}  // namespace collectors
