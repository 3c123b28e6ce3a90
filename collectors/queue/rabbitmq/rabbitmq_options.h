#pragma once

#include <map>
#include <string>

#include "collectors/queue/rabbitmq/rabbitmq_source.h"
#include "collectors/queue/rabbitmq/rabbitmq_target.h"
#include "exporter/config/yaml_reader.h"
#include "exporter/seam/job_settings.h"

namespace collectors {

// What a collector of type queue is told of a RabbitMQ.
struct RabbitmqOptions {
  RabbitmqTarget target;
  RabbitmqQuestion question;
  std::map<std::string, std::string> labels;  // The label of each named queue, by its name there.
};

// Whether the collector is for a RabbitMQ: by the scheme of its URL; where that is in
// a file, by a queue or by `discover`, which then must name the system.
bool IsForRabbitmq(exporter::YamlReader& options);

// The collector's own keys. Notes what is wrong with them in the reader.
RabbitmqOptions ReadRabbitmqOptions(exporter::YamlReader& options,
                                    const exporter::JobSettings& settings);

// For a collector that is for another system: notes the keys that only a RabbitMQ has.
void RejectRabbitmqKeys(exporter::YamlReader& options);

}  // namespace collectors
