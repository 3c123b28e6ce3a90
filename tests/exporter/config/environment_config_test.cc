#include "exporter/config/environment_config.h"

#include <doctest/doctest.h>

#include <array>
#include <map>

namespace exporter {
namespace {

constexpr std::array<CollectorType, 3> kTypes = {{{"redis", "", "", "", {}, nullptr},
                                                  {"postgres", "", "", "", {}, nullptr},
                                                  {"db_pool", "", "", "", {}, nullptr}}};

EnvironmentConfig From(const std::map<std::string, std::string>& variables) {
  return ConfigFromEnvironment(kTypes, [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
}

}  // namespace

TEST_CASE("each variable makes its collectors, and its value never enters the text") {
  const EnvironmentConfig config =
      From({{"DATABASE_URL", "postgresql://u:hunter2@h/d"}, {"REDIS_URL", "redis://h"}});
  CHECK(config.yaml ==
        "collectors:\n"
        "  - {type: postgres, dsn: \"${DATABASE_URL}\"}\n"
        "  - {type: db_pool, dsn: \"${DATABASE_URL}\", pools: [{name: app, application_name: "
        "\"%\"}]}\n"
        "  - {type: redis, url: \"${REDIS_URL}\"}\n");
  CHECK(config.left_out.empty());
}

TEST_CASE("a type that this program does not have is left out and named") {
  const EnvironmentConfig config =
      From({{"CELERY_BROKER_URL", "redis://h"}, {"REDIS_URL", "redis://h"}});
  CHECK(config.yaml == "collectors:\n  - {type: redis, url: \"${REDIS_URL}\"}\n");
  CHECK(config.left_out == std::vector<std::string>{"celery for CELERY_BROKER_URL"});
}

TEST_CASE("without a usable variable there is no configuration") {
  CHECK(From({}).yaml.empty());
  CHECK(From({{"REDIS_URL", ""}}).yaml.empty());
  CHECK(From({{"PGBOUNCER_URL", "postgresql://h"}}).yaml.empty());
  CHECK(UnderstoodVariables() == "DATABASE_URL, REDIS_URL, CELERY_BROKER_URL, PGBOUNCER_URL");
}

}  // namespace exporter
