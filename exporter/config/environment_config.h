#pragma once

#include <span>
#include <string>
#include <vector>

#include "exporter/config/environment.h"
#include "exporter/seam/collector.h"

namespace exporter {

// The configuration of an exporter that is started without a file. It is made from the
// application's environment (DATABASE_URL and the like), holds references such as ${DATABASE_URL}
// and never an address, and goes through ParseConfig like a file.
struct EnvironmentConfig {
  std::string yaml;  // Empty if no understood variable is set.
  // Collectors that a variable asks for but this program lacks: "celery for CELERY_BROKER_URL".
  std::vector<std::string> left_out;
};

EnvironmentConfig ConfigFromEnvironment(std::span<const CollectorType> types,
                                        const Environment& environment);

// The understood variables, for the message if none of them is set:
// "DATABASE_URL, REDIS_URL, ...".
std::string UnderstoodVariables();

}  // namespace exporter
