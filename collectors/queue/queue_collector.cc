#include "collectors/queue/queue_collector.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <utility>

#include "collectors/clients/redis/endpoint.h"
#include "collectors/clients/redis/redis_options.h"
#include "collectors/queue/queue_discovery.h"
#include "collectors/queue/queue_options.h"
#include "collectors/queue/queue_questions.h"
#include "collectors/queue/rabbitmq/rabbitmq_options.h"
#include "collectors/queue/rabbitmq/rabbitmq_queue_collector.h"
#include "collectors/queue/systems/queue_system.h"
#include "collectors/shared/joined_text.h"
#include "collectors/shared/queue_families.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;
using exporter::Labels;
using exporter::Reading;
using exporter::SeriesId;
using exporter::YamlReader;

Labels LabelsOf(const std::string& queue, const QueueSystem& system) {
  return {{"queue", queue}, {"system", std::string(system.name)}};
}

void AddState(const QueueSystem& system, const QueueState& state, exporter::FamilySet& families) {
  const Labels labels = LabelsOf(state.queue, system);
  auto& depth = families.Gauge("queue_depth", kQueueDepthHelp);
  for (const QueueDepth& row : state.depths) {
    Labels with_state = labels;
    with_state.emplace_back("state", row.state);
    depth.Add(with_state, row.depth);
  }
  if (state.oldest_age_seconds) {
    families.Gauge("queue_oldest_age_seconds", kQueueOldestAgeHelp)
        .Add(labels, *state.oldest_age_seconds);
  }
  if (state.consumers) {
    families.Gauge("queue_consumers", "Consumers that the queue knows.")
        .Add(labels, *state.consumers);
  }
  if (state.paused) {
    families.Gauge("queue_paused", "1 while the queue is paused: workers take nothing from it.")
        .Add(labels, *state.paused ? 1 : 0);
  }
}

// What one collection asks about.
struct Round {
  std::vector<NamedQueue> realms;  // Of systems that keep something for all queues.
  std::vector<NamedQueue> queues;

  std::vector<AskedQueue> Questions() const {
    std::vector<AskedQueue> asked;
    for (const NamedQueue& realm : realms) asked.push_back({realm.system->realm, &realm.target});
    for (const NamedQueue& queue : queues) asked.push_back({queue.system->question, &queue.target});
    return asked;
  }
};

class QueueCollector : public exporter::Collector {
 public:
  QueueCollector(RedisTarget target, QueueOptions options)
      : session_(std::move(target)),
        sturdy_(session_),
        queues_(std::move(options.queues)),
        discovery_(std::move(options.discover), options.discovery_interval) {}

  Reading Collect(const CollectContext& context) override {
    Reading reading;
    discovery_.Step(context, session_, std::chrono::steady_clock::now(), reading);
    const Round round = ThisRound();
    const auto results = AskAll(context, {session_, sturdy_}, round.Questions(),
                                std::chrono::system_clock::now(), budgets_, reading.problems);
    consumers_.clear();
    lags_.BeginRun();
    for (std::size_t i = 0; i < results.size(); ++i) {
      const bool of_realm = i < round.realms.size();
      Add(of_realm ? round.realms[i] : round.queues[i - round.realms.size()], results[i], reading);
    }
    return reading;
  }

  std::vector<SeriesId> Claims() const override {
    std::vector<SeriesId> claims;
    const auto claim = [&claims](const std::string& queue, const QueueSystem& system) {
      Labels labels = LabelsOf(queue, system);
      labels.emplace_back("state", "waiting");
      claims.push_back({"queue_depth", std::move(labels)});
    };
    for (const NamedQueue& queue : queues_) {
      const bool each_group = queue.system->has_group && queue.target.group.empty();
      claim(each_group ? "*" : queue.target.name, *queue.system);
    }
    for (const QueueRealm& realm : discovery_.realms()) claim("*", *realm.system);
    return claims;
  }

 private:
  using RealmId = std::pair<const QueueSystem*, std::string>;

  Round ThisRound() const { return {.realms = Realms(), .queues = Queues()}; }

  // The configuration's queues, then those found that are not among them.
  std::vector<NamedQueue> Queues() const {
    std::vector<NamedQueue> queues = queues_;
    std::set<std::pair<RealmId, std::string>> known;
    std::set<std::pair<const QueueSystem*, std::string>> labels;
    for (const NamedQueue& queue : queues_) {
      known.insert({{queue.system, queue.target.prefix}, queue.target.key});
      labels.insert({queue.system, queue.target.name});
    }
    for (const auto& [realm, queue] : discovery_.queues()) {
      if (known.contains({{realm->system, realm->prefix}, queue})) continue;
      std::string label = QueueLabel(*realm, queue);
      // A found queue must not have the label of a configured one.
      if (labels.contains({realm->system, label})) continue;
      queues.push_back(
          {realm->system, {.name = std::move(label), .key = queue, .prefix = realm->prefix}});
    }
    return queues;
  }

  // Each realm once, if its system keeps something for all queues together.
  std::vector<NamedQueue> Realms() const {
    std::vector<QueueRealm> realms = discovery_.realms();
    for (const NamedQueue& queue : queues_) realms.push_back({queue.system, queue.target.prefix});
    std::vector<NamedQueue> kept;
    std::set<RealmId> seen;
    for (const QueueRealm& realm : realms) {
      if (realm.system->realm == nullptr || !seen.insert({realm.system, realm.prefix}).second) {
        continue;
      }
      kept.push_back({realm.system,
                      {.name = QueueLabel(realm, std::string(kAllQueues)),
                       .key = "",
                       .prefix = realm.prefix}});
    }
    return kept;
  }

  void Add(const NamedQueue& asked, const QueueResult& result, Reading& reading) {
    const std::string& name = asked.target.name;
    if (const auto* const error = std::get_if<CollectError>(&result)) {
      reading.problems.emplace_back(error->kind(), error->what(), name);
      return;
    }
    const auto& answer = std::get<QueueAnswer>(result);
    const RealmId realm = {asked.system, asked.target.prefix};
    if (answer.consumers) consumers_[realm] = *answer.consumers;
    for (QueueState state : answer.states) {
      const auto known = consumers_.find(realm);
      if (!answer.consumers && !state.consumers && known != consumers_.end()) {
        const auto own = known->second.find(asked.target.key);
        state.consumers = own == known->second.end() ? 0 : own->second;
      }
      AddWaiting(state);
      AddState(*asked.system, state, reading.families);
    }
    for (const CollectError& problem : answer.problems) {
      reading.problems.emplace_back(problem.kind(), problem.what(), name);
    }
  }

  // Adds how much waits for a stream's group.
  void AddWaiting(QueueState& state) {
    if (!state.place) return;
    const auto lag = lags_.Of({0, state.queue, ""}, *state.place);
    if (lag) state.depths.insert(state.depths.begin(), {"waiting", *lag});
  }

  RedisSession session_;
  SturdySession sturdy_;
  std::vector<NamedQueue> queues_;
  QueueDiscovery discovery_;
  EntryBudgets budgets_;
  StreamLags lags_;
  // Of this collection, by realm: consumers of each queue.
  std::map<RealmId, std::map<std::string, double, std::less<>>> consumers_;
};

// If the URL is of an unknown system, adds a problem and returns true.
bool RejectOtherUrl(YamlReader& options) {
  const exporter::SecretSource url = options.Source("url");
  if (!url.given() || url.literal() == nullptr || HasRedisScheme(url.literal()->Reveal())) {
    return false;
  }
  options.Problem(
      "url",
      "the URL must begin with redis://, rediss://, unix:// or redis-sentinel://, or of "
      "a RabbitMQ with amqp://, amqps://, http:// or https://");
  // What the other keys should be depends on the URL, so they are accepted.
  for (const char* key :
       {"queues", "discover", "discovery_interval", "include", "exclude", "vhost", "user",
        "password", "master_name", "sentinel_user", "sentinel_password", "tls"}) {
    options.Raw(key);
  }
  return true;
}

std::unique_ptr<exporter::Collector> Make(YamlReader& options,
                                          const exporter::JobSettings& settings) {
  if (IsForRabbitmq(options)) return MakeRabbitmqQueueCollector(options, settings);
  if (RejectOtherUrl(options)) return nullptr;
  RejectRabbitmqKeys(options);
  RedisTarget target = ReadRedisTarget(options, settings);
  return std::make_unique<QueueCollector>(std::move(target), ReadQueueOptions(options));
}

}  // namespace

const exporter::CollectorType kQueueType = {
    .name = "queue",
    .summary = "How much work waits in queues in Redis or RabbitMQ, whatever the queue system.",
    .keys = JoinedText<kRedisTargetKeys, kQueueKeys, kRabbitmqQueueKeys>::kText,
    .metrics =
        "queue_depth{queue,system,state}\n"
        "queue_oldest_age_seconds{queue,system}\n"
        "queue_consumers{queue,system}\n"
        "queue_paused{queue,system}",
    .health = {},
    .make = Make,
};

}  // namespace collectors
