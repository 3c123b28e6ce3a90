#pragma once

#include <span>
#include <string>
#include <vector>

#include "exporter/config/environment.h"
#include "exporter/seam/collector.h"

namespace exporter {

// The configuration of an exporter that is started without a file, made of the
// addresses that the application's own environment names (DATABASE_URL and the
// like). It holds references as ${DATABASE_URL}, never an address itself, and
// goes through ParseConfig like a file.
struct EnvironmentConfig {
  std::string yaml;  // Empty: no variable is set that a collector is made of.
  // Collectors that a set variable asks for and this program does not have, as
  // "celery for CELERY_BROKER_URL".
  std::vector<std::string> left_out;
};

EnvironmentConfig ConfigFromEnvironment(std::span<const CollectorType> types,
                                        const Environment& environment);

// The variables that are understood, for the message where none is set:
// "DATABASE_URL, REDIS_URL, ...".
std::string UnderstoodVariables();

}  // namespace exporter
