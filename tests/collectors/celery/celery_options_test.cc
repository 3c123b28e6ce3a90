#include "collectors/celery/celery_options.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace collectors {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Mistakes are tested in broken_configurations_test.
CeleryOptions Read(const std::string& text, const exporter::JobSettings& settings = {}) {
  std::vector<exporter::ConfigProblem> problems;
  exporter::YamlReader reader(YAML::Load(text), problems);
  CeleryOptions options = ReadCeleryOptions(reader, settings);
  reader.RejectUnknownKeys();
  CHECK_MESSAGE(problems.empty(), (problems.empty() ? "" : problems[0].message));
  return options;
}

TEST_CASE("a URL is all that is needed") {
  const CeleryOptions options = Read("{url: redis://h/0}");
  CHECK(options.queues.empty());
  CHECK(options.discover_queues);
  CHECK(options.discovery_interval == seconds(60));
  CHECK(options.names.prefix.empty());
  CHECK(options.names.priority_steps == std::vector<int>{0, 3, 6, 9});
  CHECK(options.visibility_timeout == std::chrono::hours(1));
  CHECK(options.events);
  CHECK(options.names.event_exchange == "celeryev");
  CHECK_FALSE(options.tally.worker_label);
  CHECK(options.tally.max_tasks == 50000);
  CHECK(options.tally.task_retention == std::chrono::hours(24));
  CHECK(options.tally.max_exceptions == 100);
  CHECK(options.tally.runtime_buckets.front() == .005);
  CHECK(options.tally.runtime_buckets.back() == 10);
  CHECK(options.tally.wait_buckets.front() == .05);
  CHECK(options.tally.wait_buckets.back() == 1800);
  CHECK(options.workers.timeout == seconds(60));
  CHECK(options.workers.retention == std::chrono::minutes(10));
  CHECK(options.workers.expected.empty());
  CHECK(options.control == ControlMode::kQueues);
  CHECK(options.names.separator == "\x06\x16");
  CHECK(options.control_interval == seconds(15));
  CHECK(options.workers.reply_interval == seconds(15));
  CHECK(options.control_timeout == seconds(1));
}

TEST_CASE("a queue is a name, or a name and how many workers it should have") {
  const CeleryOptions options =
      Read("{url: redis://h, queues: [celery, {name: mail, expected_workers: 2}, {name: slow}]}");
  CHECK(options.queues == std::vector<std::string>{"celery", "mail", "slow"});
  CHECK(options.workers.expected == std::map<std::string, double>{{"mail", 2}});
}

TEST_CASE("names of the transport and of the exchanges are Celery's") {
  const RedisNames usual = Read("{url: redis://h}").names;
  CHECK(usual.fanout_prefixes == std::vector<std::string>{"/{db}.", ""});
  CHECK(usual.Unacked() == "unacked");
  CHECK(usual.UnackedIndex() == "unacked_index");
  CHECK(usual.control.calls == "celery.pidbox");
  const RedisNames own =
      Read(
          "{url: redis://h, fanout_prefix: /acme., fanout_patterns: false, unacked_key: held, "
          "unacked_index_key: since, control_exchange: shop}")
          .names;
  CHECK(own.fanout_prefixes == std::vector<std::string>{"/acme."});
  CHECK_FALSE(own.fanout_patterns);
  CHECK(own.Unacked() == "held");
  CHECK(own.UnackedIndex() == "since");
  CHECK(own.control.calls == "shop.pidbox");
  CHECK(own.control.replies == "reply.shop.pidbox");
  CHECK(Read("{url: redis://h, fanout_prefix: true}").names.fanout_prefixes ==
        std::vector<std::string>{"/{db}."});
  CHECK(Read("{url: redis://h, fanout_prefix: false}").names.fanout_prefixes ==
        std::vector<std::string>{""});
}

TEST_CASE("every key is taken") {
  const CeleryOptions options = Read(
      "{url: redis://h, discover_queues: false, discovery_interval: 5m, global_keyprefix: 'a:', "
      "sep: ':', "
      "priority_steps: [0, 5], visibility_timeout: 2h, events: false, event_exchange: other, "
      "worker_label: true, worker_timeout: 10s, worker_retention: 20s, max_tasks: 7, "
      "task_retention: 1h, max_exceptions: 3, runtime_buckets: [1, 2.5], wait_buckets: [3], "
      "control: false, control_interval: 30s, control_timeout: 2s}");
  CHECK_FALSE(options.discover_queues);
  CHECK(options.discovery_interval == std::chrono::minutes(5));
  CHECK(options.names.prefix == "a:");
  CHECK(options.names.priority_steps == std::vector<int>{0, 5});
  CHECK(options.visibility_timeout == std::chrono::hours(2));
  CHECK_FALSE(options.events);
  CHECK(options.names.event_exchange == "other");
  CHECK(options.tally.worker_label);
  CHECK(options.workers.timeout == seconds(10));
  CHECK(options.workers.retention == seconds(20));
  CHECK(options.tally.max_tasks == 7);
  CHECK(options.tally.task_retention == std::chrono::hours(1));
  CHECK(options.tally.max_exceptions == 3);
  CHECK(options.tally.runtime_buckets == std::vector<double>{1, 2.5});
  CHECK(options.tally.wait_buckets == std::vector<double>{3});
  CHECK(options.control == ControlMode::kNone);
  CHECK(options.names.separator == ":");
  CHECK(options.control_interval == seconds(30));
  CHECK(options.control_timeout == seconds(2));
}

TEST_CASE("how much workers are asked is a truth value, or full") {
  CHECK(Read("{url: redis://h, control: True}").control == ControlMode::kQueues);
  CHECK(Read("{url: redis://h, control: FALSE}").control == ControlMode::kNone);
  CHECK(Read("{url: redis://h, control: full}").control == ControlMode::kFull);
}

TEST_CASE("tasks have three quarters of the lines that the page may have") {
  exporter::JobSettings settings;
  settings.max_series = 20000;
  const CeleryOptions options = Read("{url: redis://h}", settings);
  CHECK(options.tally.max_counters == 5000);
  CHECK(options.tally.max_histograms == 10000);
}

TEST_CASE("replies are waited for half the timeout at most") {
  exporter::JobSettings settings;
  settings.timeout = milliseconds(600);
  CHECK(Read("{url: redis://h}", settings).control_timeout == milliseconds(300));
}

TEST_CASE("an AMQP broker has user, password and tls too") {
  const CeleryOptions options =
      Read("{url: amqps://h/shop, user: u, password: p, tls: {ca_file: /ca.pem}, queues: [mail]}");
  CHECK(options.target.user == "u");
  CHECK(options.target.password.Load().Reveal() == "p");
  CHECK(options.target.tls.ca_file == "/ca.pem");
}

TEST_CASE("of a URL in a file nothing is known yet") {
  const CeleryOptions options = Read("{url_file: /run/secrets/broker, visibility_timeout: 2h}");
  CHECK(options.target.url.given());
  CHECK(options.target.url.literal() == nullptr);
}

TEST_CASE("the scheme tells which broker it is") {
  for (const char* const url :
       {"redis://h", "rediss://h", "unix:///path", "valkey://h", "redis+socket:///s"}) {
    CAPTURE(url);
    CHECK(KindOfBroker(url) == BrokerKind::kRedis);
  }
  for (const char* const url : {"redis-sentinel://h?sentinelMasterId=m", "rediss-sentinel://h",
                                "redis+sentinel://h", "sentinel://a;sentinel://b"}) {
    CAPTURE(url);
    CHECK(KindOfBroker(url) == BrokerKind::kSentinels);
  }
  for (const char* const url : {"amqp://h", "amqps://h", "pyamqp://h", "librabbitmq://h"}) {
    CAPTURE(url);
    CHECK(KindOfBroker(url) == BrokerKind::kAmqp);
  }
  for (const char* const url : {"sqs://", "h:6379", "", "amqpx://h", "memory://"}) {
    CAPTURE(url);
    CHECK_THROWS_AS(KindOfBroker(url), std::invalid_argument);
  }
}

}  // namespace
}  // namespace collectors
