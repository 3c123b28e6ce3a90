#pragma once

#include <map>
#include <string>

#include "collectors/queue/rabbitmq/rabbitmq_source.h"
#include "collectors/queue/rabbitmq/rabbitmq_target.h"
#include "exporter/config/yaml_reader.h"
#include "exporter/seam/job_settings.h"

namespace collectors {

// The options of a queue collector for RabbitMQ.
struct RabbitmqOptions {
  RabbitmqTarget target;
  RabbitmqQuestion question;
  std::map<std::string, std::string> labels;  // The label of each named queue, by its name at the
                                              // broker.
};

// Whether the collector is for RabbitMQ: by the scheme of its URL. If the URL is in a file, by a
// queue or by `discover`, which must then name the system.
bool IsForRabbitmq(exporter::YamlReader& options);

// Reads the collector's keys. Adds mistakes to the problems of `options`.
RabbitmqOptions ReadRabbitmqOptions(exporter::YamlReader& options,
                                    const exporter::JobSettings& settings);

// For a collector of another system: adds a problem for each key that only RabbitMQ has.
void RejectRabbitmqKeys(exporter::YamlReader& options);

}  // namespace collectors
