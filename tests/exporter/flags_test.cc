#include "exporter/flags.h"

#include <doctest/doctest.h>

#include <map>

namespace exporter {
namespace {

using Variables = std::map<std::string, std::string>;

std::variant<Flags, EarlyExit> Parse(std::vector<std::string> arguments, Variables variables = {}) {
  arguments.insert(arguments.begin(), "exporter");
  return ParseFlags(arguments, [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
}

Flags Good(std::vector<std::string> arguments, Variables variables = {}) {
  const auto result = Parse(std::move(arguments), std::move(variables));
  if (const auto* exit = std::get_if<EarlyExit>(&result)) FAIL(exit->text);
  return std::get<Flags>(result);
}

}  // namespace

TEST_CASE("without a flag the exporter runs on :9899/metrics and what the environment names") {
  const Flags flags = Good({});
  CHECK(flags.command == Command::kRun);
  CHECK(flags.config_path.empty());
  CHECK(flags.listen_addresses == std::vector<ListenAddress>{{"", 9899}});
  CHECK(flags.telemetry_path == "/metrics");
  CHECK(flags.log_level == LogLevel::kInfo);
  CHECK(flags.log_format == LogFormat::kLogfmt);
}

TEST_CASE("every flag is read, before its command and after it") {
  Flags flags =
      Good({"--config", "a.yaml", "--web.listen-address=127.0.0.1:0", "--web.listen-address",
            "[::1]:9000", "--web.telemetry-path=/m", "--log.level=debug", "--log.format", "json"});
  CHECK(flags.config_path == "a.yaml");
  CHECK(flags.listen_addresses == std::vector<ListenAddress>{{"127.0.0.1", 0}, {"::1", 9000}});
  CHECK(flags.telemetry_path == "/m");
  CHECK(flags.log_level == LogLevel::kDebug);
  CHECK(flags.log_format == LogFormat::kJson);

  flags = Good({"check", "--config", "a.yaml", "--connect"});
  CHECK(flags.command == Command::kCheck);
  CHECK(flags.config_path == "a.yaml");
  CHECK(flags.connect);

  flags = Good({"--config=a.yaml", "collect", "--collector", "a", "--collector=b"});
  CHECK(flags.command == Command::kCollect);
  CHECK(flags.collectors == std::vector<std::string>{"a", "b"});

  CHECK(Good({"collectors"}).command == Command::kCollectors);
  CHECK(Good({"healthcheck"}).command == Command::kHealthcheck);
  CHECK(Good({"--version"}).command == Command::kVersion);
}

TEST_CASE("a flag that is not given comes from its variable, judged alike") {
  const Variables variables = {{"EXPORTER_CONFIG", "b.yaml"},
                               {"EXPORTER_WEB_LISTEN_ADDRESS", ":1, :2 :3"},
                               {"EXPORTER_WEB_TELEMETRY_PATH", "/env"},
                               {"EXPORTER_LOG_LEVEL", "warn"},
                               {"EXPORTER_LOG_FORMAT", ""}};
  const Flags flags = Good({"--web.telemetry-path=/flag"}, variables);
  CHECK(flags.config_path == "b.yaml");
  CHECK(flags.listen_addresses == std::vector<ListenAddress>{{"", 1}, {"", 2}, {"", 3}});
  CHECK(flags.telemetry_path == "/flag");
  CHECK(flags.log_level == LogLevel::kWarn);
  CHECK(flags.log_format == LogFormat::kLogfmt);

  const auto bad = Parse({}, {{"EXPORTER_LOG_LEVEL", "loud"}});
  REQUIRE(std::holds_alternative<EarlyExit>(bad));
  CHECK(std::get<EarlyExit>(bad).code == 2);
}

TEST_CASE("an unusable command line says what would be right") {
  struct Case {
    std::vector<std::string> arguments;
    std::string said;
  };
  const std::vector<Case> cases = {
      {{"--web.listen-adress=:1"},
       "unknown flag --web.listen-adress; did you mean \"--web.listen-address\"?"},
      {{"check", "--conect"}, "unknown flag --conect; did you mean \"--connect\"?"},
      {{"chekc"}, "unexpected argument \"chekc\"; did you mean \"check\"?"},
      {{"a.yaml"}, "unexpected argument \"a.yaml\""},
      {{"--config.file=a.yaml"}, "unknown flag --config.file; here it is --config FILE\n"},
      {{"--redis.addr", "redis://:hunter2@h"}, "unknown flag --redis.addr; here it is REDIS_URL"},
      {{"-redis.addr=h"}, "; here it is REDIS_URL"},
      {{"--broker-url=redis://:hunter2@h"}, "; here it is CELERY_BROKER_URL"},
      {{"--no-collector.wal"}, "; here it is the key parts of a collector of type postgres"},
      {{"redis://:hunter2@h"}, "a URL is not an argument"},
      {{"--nothing-like-it"}, "unknown flag --nothing-like-it\n"},
      {{"--config"}, "--config: 1 required FILE missing"},
      {{"--web.listen-address=9899"}, "must be HOST:PORT"},
      {{"--web.listen-address=:99999"}, "must be HOST:PORT"},
      {{"--web.telemetry-path=metrics"}, "must be a path"},
      {{"--web.telemetry-path=/-/healthy"}, "must be a path"},
      {{"--log.level=loud"}, "--log.level must be one of debug, info, warn, error, not \"loud\""},
      {{"--log.format=xml"}, "--log.format must be one of logfmt, json, not \"xml\""},
      {{"check", "collect"}, "exporter:"},
      {{"--log.level=info", "--log.level=warn"}, "exporter:"},
      {{"--connect"}, "unknown flag --connect"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.said);
    const auto result = Parse(c.arguments);
    REQUIRE(std::holds_alternative<EarlyExit>(result));
    const auto& exit = std::get<EarlyExit>(result);
    CAPTURE(exit.text);
    CHECK(exit.code == 2);
    CHECK(exit.text.find(c.said) != std::string::npos);
    CHECK(exit.text.find("See exporter --help.\n") != std::string::npos);
  }
}

TEST_CASE("--help names every flag and command") {
  const auto result = Parse({"--help"});
  REQUIRE(std::holds_alternative<EarlyExit>(result));
  const auto& exit = std::get<EarlyExit>(result);
  CHECK(exit.code == 0);
  for (const std::string word :
       {"--config", "--web.listen-address", "--web.telemetry-path", "--log.level", "--log.format",
        "--version", "check", "collect", "collectors", "healthcheck"}) {
    CAPTURE(word);
    CHECK(exit.text.find(word) != std::string::npos);
  }
}

TEST_CASE("a listen address is a host, or none, and a port") {
  CHECK(ParseListenAddress(":9899") == ListenAddress{"", 9899});
  CHECK(ParseListenAddress("localhost:80") == ListenAddress{"localhost", 80});
  CHECK(ParseListenAddress("[::]:0") == ListenAddress{"::", 0});
  CHECK(ParseListenAddress("[fe80::1%eth0]:1") == ListenAddress{"fe80::1%eth0", 1});
  for (const std::string_view text :
       {"", ":", "9899", "host", "host:", "host:http", ":65536", ":-1", ":+1", "::1:9899", "[::1]",
        "[::1:9899", "::1]:9899", "[]:1", "[localhost]:1", "http://h:1", "a b:1", ":123456"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseListenAddress(text).has_value());
  }
}

}  // namespace exporter
