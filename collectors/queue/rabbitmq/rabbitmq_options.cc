#include "collectors/queue/rabbitmq/rabbitmq_options.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

#include "collectors/clients/net/tls_options.h"
#include "collectors/clients/net/url_parameters.h"
#include "collectors/queue/rabbitmq/rabbitmq_target.h"

namespace collectors {
namespace {

using exporter::Quoted;
using exporter::YamlReader;

constexpr std::string_view kSystem = "rabbitmq";
constexpr std::string_view kSystems[] = {kSystem};
constexpr std::size_t kMostNamed = 1000;

// The URL, if the configuration itself holds it.
const std::string* LiteralUrl(const RabbitmqTarget& target) {
  const exporter::Secret* url = target.url.given() ? target.url.literal() : nullptr;
  return url == nullptr ? nullptr : &url->Reveal();
}

RabbitmqTarget ReadTarget(YamlReader& options, const exporter::JobSettings& settings) {
  RabbitmqTarget target;
  target.url = options.RequiredSource("url");
  target.user = options.String("user", "");
  target.password = options.Source("password");
  target.vhost = options.String("vhost", "");
  target.client_name = "exporter:" + settings.name;
  auto tls = options.Child("tls");
  if (tls) target.tls = ReadTlsOptions(*tls);
  const std::string* url = LiteralUrl(target);
  if (url == nullptr) return target;
  try {
    const RabbitmqUrl read = CheckRabbitmqUrl(*url, target.vhost);
    if (!read.dropped.empty()) options.Warn("url", DroppedNote(read.dropped));
    if (!read.tls && tls) {
      options.Problem("tls", "tls has no effect on this URL: amqps:// and https:// speak TLS");
    }
  } catch (const std::invalid_argument& error) {
    options.Problem("url", error.what());
  }
  return target;
}

// A queue's name at the broker and its label.
std::pair<std::string, std::string> ReadQueue(YamlReader& entry) {
  std::string name = entry.RequiredString("name");
  entry.OneOf("system", kSystems, 0);
  std::string key = entry.Has("key") ? entry.RequiredString("key") : name;
  entry.RejectUnknownKeys();
  return {std::move(key), std::move(name)};
}

std::map<std::string, std::string> ReadQueues(YamlReader& options) {
  std::map<std::string, std::string> labels;
  std::set<std::string> names;
  for (YamlReader& entry : options.List("queues")) {
    auto [key, name] = ReadQueue(entry);
    if (!names.insert(name).second) {
      entry.Problem("name",
                    "two queues are called " + Quoted(name) + ": give each a name of its own");
    } else if (!labels.emplace(key, name).second) {
      entry.Problem("key", "the queue " + Quoted(key) + " is named twice");
    }
  }
  if (labels.size() > kMostNamed) {
    options.Problem("queues", "no more than 1,000 queues can be named: discover them");
  }
  return labels;
}

bool ReadDiscover(YamlReader& options) {
  const std::vector<std::string> systems = options.Strings("discover");
  for (const std::string& system : systems) {
    if (system == kSystem) continue;
    options.Problem("discover",
                    "in a RabbitMQ only rabbitmq can be discovered, not " + Quoted(system));
  }
  return !systems.empty();
}

std::optional<NamePatterns> ReadPatterns(YamlReader& options) {
  const bool discover = ReadDiscover(options);
  const auto include = options.Strings("include");
  const auto exclude = options.Strings("exclude");
  if (!discover) {
    for (const char* key : {"include", "exclude"}) {
      if (!options.Has(key)) continue;
      options.Problem(
          key, std::string(key) + " chooses among queues that are found: discover: [rabbitmq]");
    }
    return std::nullopt;
  }
  try {
    return NamePatterns(include, exclude);
  } catch (const std::invalid_argument& error) {
    options.Problem(options.Has("include") ? "include" : "exclude", error.what());
    return std::nullopt;
  }
}

bool IsRabbitmq(const YAML::Node& node) { return node.IsScalar() && node.Scalar() == kSystem; }

bool IsOfRabbitmq(const YAML::Node& entry) {
  return IsRabbitmq(entry) || (entry.IsMap() && entry["system"] && IsRabbitmq(entry["system"]));
}

// Mistakes in the lists are left to their readers.
bool NamesRabbitmq(YamlReader& options) {
  for (const char* key : {"queues", "discover"}) {
    const YAML::Node list = options.Raw(key);
    if (IsRabbitmq(list)) return true;
    if (list.IsSequence() && std::any_of(list.begin(), list.end(), IsOfRabbitmq)) return true;
  }
  return false;
}

}  // namespace

bool IsForRabbitmq(YamlReader& options) {
  const exporter::SecretSource url = options.Source("url");
  if (!url.given()) return false;
  if (url.literal() != nullptr) return RabbitmqWayOf(url.literal()->Reveal()).has_value();
  return NamesRabbitmq(options);
}

RabbitmqOptions ReadRabbitmqOptions(YamlReader& options, const exporter::JobSettings& settings) {
  RabbitmqOptions read;
  read.target = ReadTarget(options, settings);
  read.labels = ReadQueues(options);
  read.question.discover = ReadPatterns(options);
  for (const auto& [key, name] : read.labels) read.question.queues.push_back(key);
  if (read.labels.empty() && !options.Has("discover")) {
    options.Problem("queues",
                    "queues must name one queue at least, or discover: [rabbitmq] find them");
  }
  const std::string* url = LiteralUrl(read.target);
  if (read.question.discover && url != nullptr && RabbitmqWayOf(*url) == RabbitmqWay::kAmqp) {
    options.Problem("discover",
                    "AMQP cannot list queues: name them, or give the management API's URL, "
                    "http://user:password@host:15672");
  }
  return read;
}

void RejectRabbitmqKeys(YamlReader& options) {
  for (const char* key : {"vhost", "include", "exclude"}) {
    if (!options.Has(key)) continue;
    options.Problem(
        key, std::string(key) + " is for a RabbitMQ, whose URL begins with amqp:// or http://");
  }
}

}  // namespace collectors
