#include "collectors/celery/celery_type.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "collectors/celery/brokers/amqp_broker.h"
#include "collectors/celery/brokers/amqp_event_feed.h"
#include "collectors/celery/brokers/redis_broker.h"
#include "collectors/celery/brokers/redis_event_feed.h"
#include "collectors/celery/celery_collector.h"
#include "collectors/celery/celery_options.h"
#include "collectors/shared/joined_text.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;

BrokerKind Load(const exporter::SecretSource& url) {
  try {
    return KindOfBroker(url.Load().Reveal());
  } catch (const std::runtime_error& error) {
    throw CollectError(ErrorKind::kConnect, error.what());
  } catch (const std::invalid_argument& error) {
    throw CollectError(ErrorKind::kConnect, error.what());
  }
}

CeleryConnections ToRabbit(const CeleryOptions& options) {
  AmqpTarget target;
  target.url = options.target.url;
  target.user = options.target.user;
  target.password = options.target.password;
  target.client_name = options.target.client_name;
  target.tls = options.target.tls;
  return {std::make_unique<AmqpBroker>(target, options.names.control),
          std::make_unique<AmqpEventFeed>(target, options.names.event_exchange)};
}

CeleryConnections ToRedis(const CeleryOptions& options) {
  const RedisBrokerOptions broker{options.name, options.names, options.visibility_timeout};
  return {std::make_unique<RedisBroker>(options.target, broker),
          std::make_unique<RedisEventFeed>(options.target, options.names)};
}

CeleryConnections Connect(CeleryOptions options) {
  const BrokerKind kind = Load(options.target.url);
  if (kind == BrokerKind::kAmqp) return ToRabbit(options);
  options.names.has_literal_fanout = kind == BrokerKind::kSentinels;
  return ToRedis(options);
}

std::unique_ptr<exporter::Collector> Make(exporter::YamlReader& reader,
                                          const exporter::JobSettings& settings) {
  CeleryOptions options = ReadCeleryOptions(reader, settings);
  auto connect = [options] { return Connect(options); };
  return std::make_unique<CeleryCollector>(std::move(options), std::move(connect));
}

constexpr exporter::HealthFamily kHealth[] = {
    {"celery_up", exporter::HealthValue::kUp,
     "Whether the broker answered in the last run (1) or not (0)."},
};

constexpr std::string_view kBrokerKeys =
    "url       redis://[user[:password]@]host[:port][/db], rediss:// by TLS, unix:///path?db=0, "
    "redis-sentinel://host,host[/db]?sentinelMasterId=NAME, sentinel://host;sentinel://host, or "
    "amqp://user:password@host/vhost, amqps:// by TLS, amqp://a;amqp://b; or url_file\n"
    "user      where the URL names none\n"
    "password  wins over the URL's; or password_file\n"
    "tls       {ca_file, cert_file, key_file, server_name, insecure_skip_verify}, for TLS\n"
    "master_name        the sentinels' master, where the URL names none\n"
    "sentinel_user      the sentinels' own ACL user\n"
    "sentinel_password  the sentinels' own password; or sentinel_password_file\n";
constexpr std::string_view kOwnKeys =
    "queues              a list of names, or of {name, expected_workers}; others are found\n"
    "discover_queues     whether the broker's own list of queues is read, on Redis (true)\n"
    "discovery_interval  how often (60s)\n"
    "global_keyprefix, sep, priority_steps, visibility_timeout, fanout_prefix, fanout_patterns, "
    "unacked_key, unacked_index_key  as in broker_transport_options, of Redis\n"
    "events              whether the stream of events is listened to (true)\n"
    "event_exchange, control_exchange  Celery's settings of these names (celeryev, celery)\n"
    "worker_label        true: task metrics have the label hostname too (false)\n"
    "worker_timeout      a worker that is silent for so long is down (60s)\n"
    "worker_retention    series of a worker go when it has been down for so long (10m)\n"
    "max_tasks           tasks remembered at a time (50000)\n"
    "task_retention      a task without an event for so long is forgotten (24h)\n"
    "max_exceptions      values of the label exception; the rest is \"other\" (100)\n"
    "runtime_buckets, wait_buckets  bounds of the histograms, in seconds\n"
    "control             whether workers are asked: which queues they serve (true), what they hold "
    "and run as well (full: read docs/collectors/celery.md first), or nothing (false)\n"
    "control_interval    how often (15s)\n"
    "control_timeout     how long their replies are waited for (1s; half of timeout at most)";

}  // namespace

const exporter::CollectorType kCeleryType = {
    .name = "celery",
    .summary = "Tasks, workers and queues of Celery, by its broker: Redis or RabbitMQ.",
    .keys = JoinedText<kBrokerKeys, kOwnKeys>::kText,
    .metrics =
        "celery_task_{sent,received,started,succeeded,rejected,revoked,retried}_total"
        "{name,queue_name}, celery_task_failed_total{name,queue_name,exception}\n"
        "celery_task_runtime{name,queue_name}, celery_task_queue_wait_time, "
        "celery_task_failure_runtime_seconds, celery_task_worker_wait_seconds\n"
        "celery_tasks_in_progress{name}\n"
        "celery_worker_up{hostname}, celery_worker_tasks_active, "
        "celery_worker_tasks_processed_total, celery_worker_last_seen_timestamp_seconds, "
        "celery_worker_sends_task_events, celery_worker_last_reply_timestamp_seconds, "
        "celery_worker_clock_offset_seconds\n"
        "celery_worker_slots{hostname}, celery_worker_slots_busy, celery_worker_prefetch_count, "
        "celery_worker_uptime_seconds, celery_worker_longest_task_seconds\n"
        "celery_queue_length{queue_name}, celery_active_consumer_count, "
        "celery_active_worker_count, celery_active_process_count, celery_queue_expected_workers\n"
        "queue_depth{queue,system,state}, queue_oldest_age_seconds{queue,system}, "
        "celery_queue_oldest_task_age_seconds{queue_name,source}\n"
        "celery_unacked_tasks, celery_unacked_oldest_age_seconds, celery_unacked_overdue_tasks\n"
        "celery_event_stream_*, celery_events_*, celery_tasks_tracked, celery_tasks_evicted_total, "
        "celery_task_series_folded_total",
    .health = kHealth,
    .make = Make,
};

}  // namespace collectors
