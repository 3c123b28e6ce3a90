#include "collectors/queue/queue_collector.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "collectors/clients/redis_options.h"
#include "collectors/joined_text.h"
#include "collectors/queue/queue_system.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;
using exporter::Labels;
using exporter::Reading;
using exporter::SeriesId;
using exporter::YamlReader;
using Time = std::chrono::system_clock::time_point;

struct Queue {
  QueueTarget target;
  const QueueSystem* system;
};

Labels LabelsOf(const Queue& queue) {
  return {{"queue", queue.target.name}, {"system", std::string(queue.system->name)}};
}

void AddState(const Queue& queue, const QueueState& state, exporter::FamilySet& families) {
  const Labels labels = LabelsOf(queue);
  auto& depth = families.Gauge("queue_depth", "Entries in the queue, by what they wait for.");
  for (const QueueDepth& row : state.depths) {
    Labels with_state = labels;
    with_state.emplace_back("state", row.state);
    depth.Add(with_state, row.depth);
  }
  if (state.oldest_age_seconds) {
    families
        .Gauge("queue_oldest_age_seconds",
               "Age of the oldest entry: of a sorted set's, since it was due; of a stream's, "
               "since it was added and not acknowledged.")
        .Add(labels, *state.oldest_age_seconds);
  }
  if (state.consumers) {
    families.Gauge("queue_consumers", "Consumers that the queue knows.")
        .Add(labels, *state.consumers);
  }
}

class QueueCollector : public exporter::Collector {
 public:
  QueueCollector(RedisTarget target, std::vector<Queue> queues)
      : session_(std::move(target)), queues_(std::move(queues)) {}

  Reading Collect(const CollectContext& context) override {
    const Time now = std::chrono::system_clock::now();
    std::vector<RedisCommand> commands;
    std::vector<std::size_t> counts;
    for (const Queue& queue : queues_) {
      auto asked = queue.system->commands(queue.target, now);
      counts.push_back(asked.size());
      std::move(asked.begin(), asked.end(), std::back_inserter(commands));
    }
    const std::vector<RedisReply> replies = session_.Pipeline(context, commands);
    std::span<const RedisReply> rest = replies;
    Reading reading;
    for (std::size_t i = 0; i < queues_.size(); ++i) {
      Read(queues_[i], rest.first(counts[i]), now, reading);
      rest = rest.subspan(counts[i]);
    }
    return reading;
  }

  std::vector<SeriesId> Claims() const override {
    std::vector<SeriesId> claims;
    for (const Queue& queue : queues_) {
      Labels labels = LabelsOf(queue);
      labels.emplace_back("state", "waiting");
      claims.push_back({"queue_depth", std::move(labels)});
    }
    return claims;
  }

 private:
  static void Read(const Queue& queue, std::span<const RedisReply> replies, Time now,
                   Reading& reading) {
    const std::string& name = queue.target.name;
    try {
      const QueueState state = queue.system->read(queue.target, replies, now);
      AddState(queue, state, reading.families);
      if (!state.missing.empty()) {
        reading.problems.emplace_back(ErrorKind::kMissing, state.missing, name);
      }
    } catch (const CollectError& error) {
      // A server that is loading, or wants a password, says so to every command.
      if (error.kind() == ErrorKind::kConnect || error.kind() == ErrorKind::kAuth) throw;
      reading.problems.emplace_back(error.kind(), error.what(), name);
    }
  }

  RedisSession session_;
  std::vector<Queue> queues_;
};

std::vector<std::string_view> SystemNames() {
  std::vector<std::string_view> names;
  for (const QueueSystem& system : QueueSystems()) names.push_back(system.name);
  return names;
}

Queue ReadQueue(YamlReader& options) {
  Queue queue;
  queue.target.name = options.RequiredString("name");
  if (options.RequiredString("system").empty()) {
    queue.system = &QueueSystems().front();  // Noted; the configuration will not be run.
  } else {
    queue.system = &QueueSystems()[options.OneOf("system", SystemNames(), 0)];
  }
  queue.target.key = options.String("key", queue.target.name);
  queue.target.group = options.String("group", "");
  if (queue.system->has_group && queue.target.group.empty()) {
    options.Problem("group", "a queue in a stream needs the name of its consumer group");
  } else if (!queue.system->has_group && !queue.target.group.empty()) {
    options.Problem("group", "only a queue of system redis_stream has a group");
  }
  options.RejectUnknownKeys();
  return queue;
}

std::vector<Queue> ReadQueues(YamlReader& options) {
  std::vector<Queue> queues;
  std::set<std::pair<std::string, std::string_view>> seen;
  for (YamlReader& entry : options.List("queues")) {
    Queue queue = ReadQueue(entry);
    if (!seen.emplace(queue.target.name, queue.system->name).second) {
      entry.Problem("name", "two queues of this system are called " +
                                exporter::Quoted(queue.target.name) +
                                ": give each a name of its own");
    }
    queues.push_back(std::move(queue));
  }
  if (queues.empty()) options.Problem("queues", "queues must name one queue at least");
  return queues;
}

std::unique_ptr<exporter::Collector> Make(YamlReader& options,
                                          const exporter::JobSettings& settings) {
  RedisTarget target = ReadRedisTarget(options, settings);
  return std::make_unique<QueueCollector>(std::move(target), ReadQueues(options));
}

}  // namespace

constexpr std::string_view kOwnKeys =
    "\nqueues    a list of {name, system, key, group}; system is redis_list, redis_zset or "
    "redis_stream; key defaults to the name; group is a stream's";

const exporter::CollectorType kQueueType = {
    .name = "queue",
    .summary = "How much work waits in queues kept in Redis, whatever the queue system.",
    .keys = JoinedText<kRedisTargetKeys, kOwnKeys>::kText,
    .metrics =
        "queue_depth{queue,system,state}\n"
        "queue_oldest_age_seconds{queue,system}\n"
        "queue_consumers{queue,system}",
    .health = {},
    .make = Make,
};

}  // namespace collectors
