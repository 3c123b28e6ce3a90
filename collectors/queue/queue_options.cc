#include "collectors/queue/queue_options.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "collectors/queue/systems/queue_systems.h"

namespace collectors {
namespace {

using exporter::Quoted;
using exporter::YamlReader;

constexpr std::chrono::minutes kDiscoveryInterval{1};
constexpr std::string_view kCelery = "celery";
constexpr char kCeleryHasItsOwn[] = "Celery has a collector of its own: type: celery";

std::vector<std::string_view> SystemNames(bool only_with_registry) {
  std::vector<std::string_view> names;
  for (const QueueSystem& system : QueueSystems()) {
    if (system.registry != nullptr || !only_with_registry) names.push_back(system.name);
  }
  return names;
}

const QueueSystem* SystemNamed(std::string_view name) {
  const auto systems = QueueSystems();
  return &*std::find_if(systems.begin(), systems.end(),
                        [name](const QueueSystem& system) { return system.name == name; });
}

// Returns any system if the key is wrong: the problem is added, so the configuration will not run.
const QueueSystem* ReadSystem(YamlReader& options, const std::vector<std::string_view>& names) {
  const std::string name = options.RequiredString("system");
  if (name == kCelery) options.Problem("system", kCeleryHasItsOwn);
  if (name.empty() || name == kCelery) return SystemNamed(names.front());
  return SystemNamed(names[options.OneOf("system", names, 0)]);
}

std::string ReadPrefix(YamlReader& options, const QueueSystem& system) {
  std::string prefix = options.String("prefix", std::string(system.prefix));
  if (!system.has_prefix && !prefix.empty()) {
    options.Problem("prefix",
                    "the keys of " + std::string(system.name) + " have no prefix to choose");
  }
  return prefix;
}

NamedQueue ReadQueue(YamlReader& options) {
  QueueTarget target;
  target.name = options.RequiredString("name");
  const QueueSystem* const system = ReadSystem(options, SystemNames(false));
  target.key = options.String("key", target.name);
  target.group = options.String("group", "");
  target.prefix = ReadPrefix(options, *system);
  if (!system->has_group && !target.group.empty()) {
    options.Problem("group", "only a queue of system redis_stream has a group");
  }
  options.RejectUnknownKeys();
  return {system, std::move(target)};
}

std::vector<NamedQueue> ReadQueues(YamlReader& options) {
  std::vector<NamedQueue> queues;
  std::set<std::pair<std::string, std::string_view>> seen;
  for (YamlReader& entry : options.List("queues")) {
    NamedQueue queue = ReadQueue(entry);
    if (!seen.emplace(queue.target.name, queue.system->name).second) {
      entry.Problem("name", "two queues of this system are called " + Quoted(queue.target.name) +
                                ": give each a name of its own");
    }
    queues.push_back(std::move(queue));
  }
  return queues;
}

std::vector<QueueRealm> RealmsOfNames(YamlReader& options) {
  const std::vector<std::string_view> names = SystemNames(true);
  std::vector<QueueRealm> realms;
  for (const std::string& name : options.Strings("discover")) {
    if (name == kCelery) {
      options.Problem("discover", kCeleryHasItsOwn);
    } else if (std::find(names.begin(), names.end(), name) == names.end()) {
      std::string choices;
      for (const std::string_view choice : names) choices += " " + std::string(choice);
      options.Problem("discover", "discover knows no queues of " + Quoted(name) +
                                      "; systems that it finds:" + choices);
    } else {
      const QueueSystem* const system = SystemNamed(name);
      realms.push_back({system, std::string(system->prefix)});
    }
  }
  return realms;
}

std::vector<QueueRealm> RealmsOfMappings(YamlReader& options) {
  std::vector<QueueRealm> realms;
  for (YamlReader& entry : options.List("discover")) {
    const QueueSystem* const system = ReadSystem(entry, SystemNames(true));
    realms.push_back({system, ReadPrefix(entry, *system)});
    entry.RejectUnknownKeys();
  }
  return realms;
}

// Names, or mappings: the first entry decides.
std::vector<QueueRealm> ReadRealms(YamlReader& options) {
  const YAML::Node node = options.Raw("discover");
  const bool mappings = node && node.IsSequence() && node.size() > 0 && node[0].IsMap();
  std::vector<QueueRealm> realms = mappings ? RealmsOfMappings(options) : RealmsOfNames(options);
  for (auto realm = realms.begin(); realm != realms.end(); ++realm) {
    if (std::find(realms.begin(), realm, *realm) != realm) {
      options.Problem("discover", "discover names " + std::string(realm->system->name) + " twice");
    }
  }
  return realms;
}

}  // namespace

QueueOptions ReadQueueOptions(YamlReader& options) {
  const std::size_t problems = options.problem_count();
  QueueOptions read = {
      .queues = ReadQueues(options),
      .discover = ReadRealms(options),
      .discovery_interval = options.Duration("discovery_interval", kDiscoveryInterval),
  };
  const bool none = read.queues.empty() && read.discover.empty();
  if (none && options.problem_count() == problems) {
    options.Problem("queues",
                    "queues must name one queue at least, or discover a system to look for");
  }
  return read;
}

}  // namespace collectors
