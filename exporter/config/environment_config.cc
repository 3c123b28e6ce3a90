#include "exporter/config/environment_config.h"

#include <algorithm>
#include <array>

namespace exporter {
namespace {

// A variable, and the collector that it asks for.
struct Row {
  std::string_view variable;
  std::string_view type;
  std::string_view keys;  // The collector's other keys, as YAML in one line.
};

// The pool counts all sessions of the server: applications seldom set an application_name, and
// whoever sets one writes a configuration file.
constexpr std::array<Row, 5> kRows = {{
    {"DATABASE_URL", "postgres", R"(dsn: "${DATABASE_URL}")"},
    {"DATABASE_URL", "db_pool",
     R"(dsn: "${DATABASE_URL}", pools: [{name: app, application_name: "%"}])"},
    {"REDIS_URL", "redis", R"(url: "${REDIS_URL}")"},
    {"CELERY_BROKER_URL", "celery", R"(url: "${CELERY_BROKER_URL}")"},
    {"PGBOUNCER_URL", "pgbouncer", R"(dsn: "${PGBOUNCER_URL}")"},
}};

bool IsSet(const Environment& environment, std::string_view variable) {
  return !environment(std::string(variable)).value_or("").empty();
}

}  // namespace

EnvironmentConfig ConfigFromEnvironment(std::span<const CollectorType> types,
                                        const Environment& environment) {
  EnvironmentConfig config;
  for (const Row& row : kRows) {
    if (!IsSet(environment, row.variable)) continue;
    const bool known = std::any_of(types.begin(), types.end(), [&](const CollectorType& type) {
      return type.name == row.type;
    });
    if (!known) {
      config.left_out.push_back(std::string(row.type) + " for " + std::string(row.variable));
      continue;
    }
    if (config.yaml.empty()) config.yaml = "collectors:\n";
    config.yaml += "  - {type: " + std::string(row.type) + ", " + std::string(row.keys) + "}\n";
  }
  return config;
}

std::string UnderstoodVariables() {
  std::string variables;
  std::string_view last;
  for (const Row& row : kRows) {
    if (row.variable == last) continue;
    last = row.variable;
    variables += (variables.empty() ? "" : ", ") + std::string(row.variable);
  }
  return variables;
}

}  // namespace exporter
