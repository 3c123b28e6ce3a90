#include "collectors/clients/redis/endpoint.h"

#include <optional>
#include <stdexcept>
#include <utility>

#include "collectors/clients/net/url_parts.h"

namespace collectors {
namespace {

constexpr int kMaxDatabase = 1'000'000;
constexpr std::uint16_t kSentinelPort = 26379;
constexpr std::size_t kMostSentinels = 100;

enum class Place { kHost, kSocket, kSentinels };

[[noreturn]] void Refuse(const std::string& why) { throw std::invalid_argument(why); }

int Database(std::string_view text) {
  const std::optional<int> database = UrlNumber(text, 10, kMaxDatabase);
  if (!database) Refuse("the database in the URL must be a number, as in redis://host:6379/0");
  return *database;
}

void ReadUserInfo(std::string_view info, RedisEndpoint& endpoint) {
  const std::size_t colon = info.find(':');
  endpoint.user = PercentDecoded(info.substr(0, colon));
  if (colon != std::string_view::npos) {
    endpoint.password = exporter::Secret(PercentDecoded(info.substr(colon + 1)));
  }
}

RedisNodeAddress ReadAddress(std::string_view text, std::uint16_t default_port) {
  UrlAddress address = ReadUrlAddress(text, default_port);
  return {std::move(address.host), address.port};
}

void ReadSentinels(std::string_view list, RedisEndpoint& endpoint) {
  while (true) {
    endpoint.sentinels.push_back(ReadAddress(CutFront(list, ","), kSentinelPort));
    if (list.empty()) return;
    list.remove_prefix(1);
    if (endpoint.sentinels.size() == kMostSentinels) Refuse("the URL names too many sentinels");
  }
}

// Reads [userinfo@]host:port, or the list of sentinels, off the front of `rest`.
void ReadAuthority(std::string_view& rest, Place place, RedisEndpoint& endpoint) {
  std::string_view authority = CutFront(rest, "/?#");
  // The last @ ends the user part, so a password may contain an unencoded @.
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    ReadUserInfo(authority.substr(0, at), endpoint);
    authority.remove_prefix(at + 1);
  }
  if (place == Place::kSentinels) return ReadSentinels(authority, endpoint);
  if (place == Place::kSocket) {
    if (!authority.empty()) Refuse("a socket's path in a URL is absolute: unix:///path");
    return;
  }
  RedisNodeAddress address = ReadAddress(authority, endpoint.port);
  endpoint.host = std::move(address.host);
  endpoint.port = address.port;
}

void ReadQuery(std::string_view query, RedisEndpoint& endpoint) {
  while (!query.empty()) {
    query.remove_prefix(1);  // The ? or &.
    std::string_view value = CutFront(query, "&");
    const std::string_view key = CutFront(value, "=");
    if (!value.empty()) value.remove_prefix(1);
    if (key == "db" || key == "virtual_host") endpoint.database = Database(PercentDecoded(value));
    if (key == "sentinelMasterId" || key == "master_name") endpoint.master = PercentDecoded(value);
  }
}

struct Scheme {
  std::string_view name;
  Place place;
  bool tls;
};
constexpr Scheme kSchemes[] = {
    {"redis", Place::kHost, false},
    {"rediss", Place::kHost, true},
    {"valkey", Place::kHost, false},
    {"valkeys", Place::kHost, true},
    {"unix", Place::kSocket, false},
    {"redis+socket", Place::kSocket, false},
    {"redis-sentinel", Place::kSentinels, false},
    {"redis+sentinel", Place::kSentinels, false},
    {"rediss-sentinel", Place::kSentinels, true},
    {"rediss+sentinel", Place::kSentinels, true},
};

// Returns null for a URL of another system.
const Scheme* KnownScheme(std::string_view url) {
  const std::size_t colon = url.find("://");
  for (const Scheme& scheme : kSchemes) {
    if (colon != std::string_view::npos && scheme.name == url.substr(0, colon)) return &scheme;
  }
  return nullptr;
}

const Scheme& SchemeOf(std::string_view url) {
  const Scheme* const scheme = KnownScheme(url);
  if (scheme != nullptr) return *scheme;
  Refuse("a Redis URL must begin with redis://, rediss://, unix:// or redis-sentinel://");
}

}  // namespace

bool HasRedisScheme(std::string_view url) { return KnownScheme(url) != nullptr; }

RedisEndpoint ParseRedisUrl(std::string_view url) {
  const Scheme& scheme = SchemeOf(url);
  RefuseUrlList(url);
  std::string_view rest = url.substr(scheme.name.size() + 3);
  RedisEndpoint endpoint;
  endpoint.tls = scheme.tls;
  ReadAuthority(rest, scheme.place, endpoint);
  rest = rest.substr(0, rest.find('#'));
  const std::string path = PercentDecoded(CutFront(rest, "?"));
  if (scheme.place == Place::kSocket) {
    if (path.size() < 2) Refuse("the URL names no socket: unix:///path");
    endpoint.path = path;
  } else if (path.size() > 1) {
    endpoint.database = Database(std::string_view(path).substr(1));
  }
  ReadQuery(rest, endpoint);
  if (scheme.place == Place::kSentinels && endpoint.master.empty()) {
    Refuse(
        "the URL names no master of the sentinels: "
        "redis-sentinel://host:26379/0?sentinelMasterId=mymaster");
  }
  return endpoint;
}

std::string RedisNodeAddress::Name() const { return AddressName(host, port); }

std::string RedisEndpoint::Name() const {
  if (!path.empty()) return path;
  return AddressName(host, port);
}

}  // namespace collectors
