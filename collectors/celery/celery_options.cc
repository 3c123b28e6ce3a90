#include "collectors/celery/celery_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include "collectors/clients/amqp/amqp_url.h"
#include "collectors/clients/net/tls_options.h"
#include "collectors/clients/net/url_parameters.h"
#include "collectors/clients/redis/endpoint.h"
#include "collectors/clients/redis/redis_options.h"

namespace collectors {
namespace {

using exporter::JobSettings;
using exporter::YamlReader;

constexpr std::size_t kMostBounds = 100;
constexpr std::int64_t kMostTasks = 10'000'000;
constexpr std::int64_t kMostExceptions = 10'000;
constexpr std::int64_t kMostWorkers = 100'000;
constexpr int kHighestPriority = 9;
// max_series divided by these: the lines of the page that task counters and task histograms may
// have; a histogram has many. The rest is for queues and workers.
constexpr std::size_t kCounterShare = 4;
constexpr std::size_t kHistogramShare = 2;

constexpr std::string_view kAmqpSchemes[] = {"amqp", "amqps", "pyamqp", "librabbitmq"};

// The other transports of kombu.
struct OtherBroker {
  std::string_view scheme;
  std::string_view what;
};
constexpr OtherBroker kOthers[] = {
    {"azureservicebus", "Azure Service Bus"},
    {"azurestoragequeues", "Azure Storage Queues"},
    {"confluentkafka", "Kafka"},
    {"consul", "Consul"},
    {"django", "the application's database"},
    {"etcd", "etcd"},
    {"filesystem", "a folder"},
    {"gcpubsub", "Google Pub/Sub"},
    {"kafka", "Kafka"},
    {"memory", "the application's own memory"},
    {"mongodb", "MongoDB"},
    {"pyro", "Pyro"},
    {"qpid", "Qpid"},
    {"slmq", "SoftLayer's message queue"},
    {"sqla", "the application's database"},
    {"sqlalchemy", "the application's database"},
    {"sqs", "Amazon SQS"},
    {"zookeeper", "ZooKeeper"},
};
// Keys without a meaning for RabbitMQ.
constexpr const char* kRedisKeys[] = {"master_name",
                                      "sentinel_user",
                                      "sentinel_password",
                                      "global_keyprefix",
                                      "sep",
                                      "priority_steps",
                                      "visibility_timeout",
                                      "fanout_prefix",
                                      "fanout_patterns",
                                      "unacked_key",
                                      "unacked_index_key"};

// The default buckets of prometheus_client, then those of celery-exporter.
const std::vector<double> kRuntimeBuckets = {.005, .01, .025, .05, .075, .1,  .25,
                                             .5,   .75, 1,    2.5, 5,    7.5, 10};
const std::vector<double> kWaitBuckets = {.05, .1, .5, 1, 5, 10, 30, 60, 120, 300, 600, 900, 1800};

template <typename Number>
std::optional<Number> Parse(const std::string& text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

// Reads a list of rising numbers. Returns `fallback` if the key is missing or wrong.
template <typename Number, typename IsGood>
std::vector<Number> ReadRising(YamlReader& options, const std::string& key,
                               std::vector<Number> fallback, const std::string& wanted,
                               const IsGood& is_good) {
  if (!options.Has(key)) return fallback;
  const std::size_t before = options.problem_count();
  const std::vector<std::string> texts = options.Strings(key);
  std::vector<Number> numbers;
  for (const std::string& text : texts) {
    const auto number = Parse<Number>(text);
    if (!number || !is_good(*number)) break;
    if (!numbers.empty() && *number <= numbers.back()) break;
    numbers.push_back(*number);
  }
  if (!numbers.empty() && numbers.size() == texts.size() && numbers.size() <= kMostBounds) {
    return numbers;
  }
  if (options.problem_count() == before) options.Problem(key, key + " must be " + wanted);
  return fallback;
}

std::vector<double> ReadBuckets(YamlReader& options, const std::string& key,
                                const std::vector<double>& fallback) {
  return ReadRising<double>(
      options, key, fallback,
      fmt::format("seconds that rise, 1 to {} of them; the bucket for all above is there by itself",
                  kMostBounds),
      [](double bound) { return std::isfinite(bound); });
}

std::vector<int> ReadPrioritySteps(YamlReader& options) {
  return ReadRising<int>(
      options, "priority_steps", {0, 3, 6, 9},
      fmt::format("priorities from 0 to {} that rise, as in broker_transport_options",
                  kHighestPriority),
      [](int step) { return step >= 0 && step <= kHighestPriority; });
}

// Reads a text that must not be empty; `advice` says what to do instead.
std::string ReadName(YamlReader& options, const std::string& key, const std::string& usual,
                     const std::string& advice) {
  std::string name = options.String(key, usual);
  if (!name.empty()) return name;
  options.Problem(key, key + " must not be empty; " + advice);
  return usual;
}

// fanout_prefix is as in broker_transport_options, where it may also be a boolean. Without the key,
// the channels of applications with and without the prefix are listened to.
void ReadFanout(YamlReader& options, RedisNames& names) {
  names.fanout_patterns = options.Bool("fanout_patterns", true);
  if (!options.Has("fanout_prefix")) return;
  const std::string prefix = options.String("fanout_prefix", "");
  if (prefix == "true" || prefix == "True" || prefix == "TRUE") {
    names.fanout_prefixes.resize(1);
  } else if (prefix == "false" || prefix == "False" || prefix == "FALSE") {
    names.fanout_prefixes = {""};
  } else {
    names.fanout_prefixes = {prefix};
  }
}

RedisNames ReadNames(YamlReader& options) {
  constexpr const char* kNoOption = "leave it out if broker_transport_options has none";
  RedisNames names;
  names.prefix = options.String("global_keyprefix", "");
  names.separator = ReadName(options, "sep", names.separator, kNoOption);
  names.priority_steps = ReadPrioritySteps(options);
  ReadFanout(options, names);
  names.unacked = ReadName(options, "unacked_key", names.unacked, kNoOption);
  names.unacked_index = ReadName(options, "unacked_index_key", names.unacked_index, kNoOption);
  names.event_exchange = ReadName(options, "event_exchange", names.event_exchange,
                                  names.event_exchange + " is Celery's own");
  names.control =
      ControlExchanges(ReadName(options, "control_exchange", "celery", "celery is Celery's own"));
  return names;
}

// Checks the rest of an AMQP URL; ReadRedisTarget() checks that of a Redis URL.
void CheckAmqp(YamlReader& options, const std::string& url) {
  for (const char* const key : kRedisKeys) {
    if (!options.Has(key) && !options.Has(std::string(key) + "_file")) continue;
    options.Problem(key, std::string(key) + " has no effect on RabbitMQ: leave it out");
  }
  try {
    const std::vector<AmqpEndpoint> endpoints = ParseAmqpUrls(url);
    const std::vector<std::string> dropped = AmqpDropped(endpoints);
    if (!dropped.empty()) options.Warn("url", DroppedNote(dropped));
    if (std::ranges::any_of(endpoints, &AmqpEndpoint::tls) || !options.Has("tls")) return;
    options.Problem("tls", "tls has no effect on this URL: amqps:// speaks TLS");
  } catch (const std::invalid_argument& error) {
    options.Problem("url", error.what());
  }
}

RedisTarget ReadAmqpTarget(YamlReader& options, const JobSettings& settings,
                           exporter::SecretSource url) {
  RedisTarget target;
  target.url = std::move(url);
  target.user = options.String("user", "");
  target.password = options.Source("password");
  target.client_name = "exporter:" + settings.name;
  if (auto tls = options.Child("tls")) target.tls = ReadTlsOptions(*tls);
  CheckAmqp(options, target.url.literal()->Reveal());
  return target;
}

RedisTarget ReadTarget(YamlReader& options, const JobSettings& settings) {
  exporter::SecretSource url = options.RequiredSource("url");
  const exporter::Secret* const literal = url.given() ? url.literal() : nullptr;
  try {
    if (literal != nullptr && KindOfBroker(literal->Reveal()) == BrokerKind::kAmqp) {
      return ReadAmqpTarget(options, settings, std::move(url));
    }
  } catch (const std::invalid_argument& error) {
    options.Problem("url", error.what());
  }
  return ReadRedisTarget(options, settings, std::move(url));
}

void ReadQueue(YamlReader& entry, CeleryOptions& celery) {
  const std::string name = entry.RequiredString("name");
  const bool has_workers = entry.Has("expected_workers");
  const auto workers = entry.Integer("expected_workers", 0, 0, kMostWorkers);
  entry.RejectUnknownKeys();
  if (name.empty()) return;  // Already reported.
  if (std::find(celery.queues.begin(), celery.queues.end(), name) != celery.queues.end()) {
    entry.Problem("name", "this queue is listed twice");
    return;
  }
  celery.queues.push_back(name);
  if (has_workers && celery.control == ControlMode::kNone) {
    entry.Problem(
        "expected_workers",
        "expected_workers needs control calls, which control: false turns off: leave out one of "
        "them");
  }
  if (has_workers) celery.workers.expected[name] = static_cast<double>(workers);
}

struct NamedMode {
  std::string_view name;
  ControlMode mode;
};
// Booleans as YAML spells them.
constexpr NamedMode kModes[] = {
    {"true", ControlMode::kQueues}, {"True", ControlMode::kQueues}, {"TRUE", ControlMode::kQueues},
    {"false", ControlMode::kNone},  {"False", ControlMode::kNone},  {"FALSE", ControlMode::kNone},
    {"full", ControlMode::kFull},
};

ControlMode ReadMode(YamlReader& options) {
  const std::size_t before = options.problem_count();
  const std::string text = options.String("control", "true");
  const auto* const found = std::find_if(std::begin(kModes), std::end(kModes),
                                         [&](const NamedMode& row) { return row.name == text; });
  if (found != std::end(kModes)) return found->mode;
  if (options.problem_count() == before) {
    options.Problem("control", fmt::format("control must be true, false or full, not {}",
                                           exporter::Quoted(text)));
  }
  return ControlMode::kQueues;
}

void ReadControl(YamlReader& options, const JobSettings& settings, CeleryOptions& celery) {
  celery.control = ReadMode(options);
  celery.control_interval = options.Duration("control_interval", celery.control_interval);
  celery.workers.reply_interval = celery.control_interval;
  const auto most = settings.timeout / 2;
  const auto window = options.Duration("control_timeout");
  celery.control_timeout = window.value_or(std::min(celery.control_timeout, most));
  if (window && *window > most) {
    options.Problem("control_timeout",
                    "control_timeout must not be above half the timeout of the collector, so that "
                    "the rest has its time too");
  }
}

void ReadEvents(YamlReader& options, const JobSettings& settings, CeleryOptions& celery) {
  celery.events = options.Bool("events", true);
  celery.connect_timeout = settings.timeout;
  TallyOptions& tally = celery.tally;
  tally.max_counters = settings.max_series / kCounterShare;
  tally.max_histograms = settings.max_series / kHistogramShare;
  tally.worker_label = options.Bool("worker_label", tally.worker_label);
  tally.max_tasks = static_cast<std::size_t>(
      options.Integer("max_tasks", static_cast<std::int64_t>(tally.max_tasks), 1, kMostTasks));
  tally.task_retention = options.Duration("task_retention", tally.task_retention);
  tally.max_exceptions = static_cast<std::size_t>(options.Integer(
      "max_exceptions", static_cast<std::int64_t>(tally.max_exceptions), 1, kMostExceptions));
  tally.runtime_buckets = ReadBuckets(options, "runtime_buckets", kRuntimeBuckets);
  tally.wait_buckets = ReadBuckets(options, "wait_buckets", kWaitBuckets);
}

}  // namespace

BrokerKind KindOfBroker(std::string_view url) {
  const std::string_view scheme = url.substr(0, std::min(url.find("://"), url.size()));
  if (std::ranges::find(kAmqpSchemes, scheme) != std::end(kAmqpSchemes)) return BrokerKind::kAmqp;
  if (HasSentinelScheme(url)) return BrokerKind::kSentinels;
  if (HasRedisScheme(url)) return BrokerKind::kRedis;
  const auto* const other = std::ranges::find(kOthers, PlainName(scheme), &OtherBroker::scheme);
  if (other != std::end(kOthers)) {
    throw std::invalid_argument(
        fmt::format("a broker in {} is out of reach: the collector celery reads Redis and RabbitMQ",
                    other->what));
  }
  throw std::invalid_argument(
      "a broker is redis://, rediss://, sentinel://, redis-sentinel:// or unix://, or amqp:// or "
      "amqps:// of a RabbitMQ");
}

CeleryOptions ReadCeleryOptions(YamlReader& options, const JobSettings& settings) {
  CeleryOptions celery;
  celery.name = settings.name;
  celery.stale_after = settings.stale_after;
  celery.target = ReadTarget(options, settings);
  ReadControl(options, settings, celery);
  for (YamlReader& entry : options.NamedList("queues")) ReadQueue(entry, celery);
  celery.discover_queues = options.Bool("discover_queues", celery.discover_queues);
  celery.discovery_interval = options.Duration("discovery_interval", celery.discovery_interval);
  celery.names = ReadNames(options);
  celery.visibility_timeout = options.Duration("visibility_timeout", celery.visibility_timeout);
  ReadEvents(options, settings, celery);
  WorkerOptions& workers = celery.workers;
  workers.timeout = options.Duration("worker_timeout", workers.timeout);
  workers.retention = options.Duration("worker_retention", workers.retention);
  return celery;
}

}  // namespace collectors
