#include "collectors/queue/rabbitmq/rabbitmq_options.h"

#include <doctest/doctest.h>
#include <yaml-cpp/yaml.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "collectors/queue/rabbitmq/rabbitmq_management.h"
#include "tests/support/capture.h"

namespace collectors {
namespace {

bool IsFor(const std::string& yaml) {
  std::vector<exporter::ConfigProblem> problems;
  exporter::YamlReader reader(YAML::Load(yaml), problems);
  return IsForRabbitmq(reader);
}

// The problems' texts, one a line.
std::string ProblemsOf(const std::string& yaml) {
  std::vector<exporter::ConfigProblem> problems;
  exporter::YamlReader reader(YAML::Load(yaml), problems);
  ReadRabbitmqOptions(reader, {});
  reader.RejectUnknownKeys();
  std::string texts;
  for (const auto& problem : problems) texts += problem.message + "\n";
  return texts;
}

}  // namespace

TEST_CASE("the scheme tells a RabbitMQ, and a queue's system where the URL is in a file") {
  const std::pair<const char*, bool> cases[] = {
      {"{url: 'amqp://h'}", true},
      {"{url: 'amqps://h'}", true},
      {"{url: 'pyamqp://h'}", true},
      {"{url: 'http://h:15672'}", true},
      {"{url: 'https://h'}", true},
      {"{url: 'redis://h'}", false},
      {"{url: 'redis://h', queues: [{name: a, system: rabbitmq}]}", false},
      {"{url: amqp}", false},
      {"{}", false},
      {"{queues: [{name: a, system: rabbitmq}]}", false},
      {"{url_file: /f}", false},
      {"{url_file: /f, queues: [{name: a}]}", false},
      {"{url_file: /f, queues: [{name: a, system: redis_list}]}", false},
      {"{url_file: /f, queues: [{name: a}, {name: b, system: rabbitmq}]}", true},
      {"{url_file: /f, discover: [rabbitmq]}", true},
      {"{url_file: /f, discover: rabbitmq}", true},
      {"{url_file: /f, discover: [rq]}", false},
      {"{url_file: /f, discover: [{system: rq, prefix: p}]}", false},
      {"{url_file: /f, queues: [a, [b]], discover: {}}", false},
  };
  for (const auto& [yaml, expected] : cases) {
    CAPTURE_BOUND(yaml);
    CHECK(IsFor(yaml) == expected);
  }
}

TEST_CASE("what would be no use is a mistake that is explained") {
  const std::pair<const char*, const char*> cases[] = {
      {"{url: 'amqp://h/v', queues: [{name: a}]}", ""},
      {"{url: 'http://h/v', queues: [{name: a, system: rabbitmq, key: b}]}", ""},
      {"{url: 'https://h', tls: {ca_file: /f}, discover: [rabbitmq], include: a}", ""},
      {"{url: 'http://h/folder/api', vhost: v, discover: [rabbitmq]}", ""},
      {"{url_file: /f, discover: [rabbitmq]}", ""},
      {"{url: 'http://h'}", "queues must name one queue at least"},
      {"{url: 'amqp://h', discover: [rabbitmq]}", "AMQP cannot list queues"},
      {"{url: 'http://h', discover: [rq]}", "only rabbitmq can be discovered, not \"rq\""},
      {"{url: 'http://h', queues: [{name: a}], include: [b]}", "include chooses among"},
      {"{url: 'http://h', queues: [{name: a}], exclude: [b]}", "exclude chooses among"},
      {"{url: 'http://h', discover: [rabbitmq], include: ['(']}", "\"(\" is no pattern"},
      {"{url: 'http://h', discover: [rabbitmq], exclude: ['(']}", "\"(\" is no pattern"},
      {"{url: 'amqp://h', vhost: v, queues: [{name: a}]}", "names its virtual host itself"},
      {"{url: 'http://h/a/b', queues: [{name: a}]}", "must be one virtual host"},
      {"{url: 'http://h:x', queues: [{name: a}]}", "the port in the URL"},
      {"{url: 'amqp://h:x', queues: [{name: a}]}", "the port in the URL"},
      {"{url: 'http://h', tls: {ca_file: /f}, queues: [{name: a}]}", "tls has no effect"},
      {"{url: 'amqp://h', tls: {ca_file: /f}, queues: [{name: a}]}", "tls has no effect"},
      {"{url: 'amqp://h', queues: [{name: a, system: redis_list}]}",
       "system must be rabbitmq, not \"redis_list\""},
      {"{url: 'amqp://h', queues: [{name: a, group: b}]}", "unknown key \"group\""},
      {"{url: 'amqp://h', queues: [{name: a}, {name: a}]}", "two queues are called \"a\""},
      {"{url: 'amqp://h', queues: [{name: a}, {name: b, key: a}]}", "\"a\" is named twice"},
      {"{url: 'amqp://h', queues: [{key: b}]}", "missing key \"name\""},
  };
  for (const auto& [yaml, expected] : cases) {
    CAPTURE_BOUND(yaml);
    const std::string problems = ProblemsOf(yaml);
    CAPTURE(problems);
    if (*expected == '\0') {
      CHECK(problems.empty());
    } else {
      CHECK(problems.find(expected) != std::string::npos);
      CHECK(problems.find('\n') == problems.size() - 1);  // No other problem.
    }
  }
}

TEST_CASE("a queue is asked for by its key and shown by its name") {
  std::vector<exporter::ConfigProblem> problems;
  exporter::YamlReader reader(
      YAML::Load("{url: 'amqp://h', queues: [{name: a, key: x}, {name: b}]}"), problems);
  const RabbitmqOptions options = ReadRabbitmqOptions(reader, {});
  CHECK(options.question.queues == std::vector<std::string>{"b", "x"});
  CHECK(options.labels == std::map<std::string, std::string>{{"b", "b"}, {"x", "a"}});
}

TEST_CASE("the path of a management API's URL is the virtual host, or its folder") {
  struct Case {
    const char* url;
    const char* key;
    const char* prefix;
    const char* vhost;
  };
  const Case cases[] = {
      {"http://h", "", "", "/"},          {"http://h/", "", "", "/"},
      {"http://h/api/", "", "", "/"},     {"http://h/%2F", "", "", "/"},
      {"http://h/jobs", "", "", "jobs"},  {"http://h/a%2Fb", "", "", "a/b"},
      {"http://h", "jobs", "", "jobs"},   {"http://h/api", "jobs", "", "jobs"},
      {"http://h/m/n", "/", "/m/n", "/"}, {"http://h/m/api/", "a b", "/m", "a b"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.url);
    const ManagementPlace place = PlaceOf(ParseHttpUrl(c.url), c.key);
    CHECK(place.prefix == c.prefix);
    CHECK(place.vhost == c.vhost);
  }
  CHECK_THROWS_AS(PlaceOf(ParseHttpUrl("http://h/a/b"), ""), std::invalid_argument);
}

}  // namespace collectors
