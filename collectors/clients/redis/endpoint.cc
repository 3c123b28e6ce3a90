#include "collectors/clients/redis/endpoint.h"

#include <algorithm>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>

#include "collectors/clients/net/url_parameters.h"
#include "collectors/clients/net/url_parts.h"
#include "collectors/clients/net/url_tls.h"

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

constexpr std::string_view kDatabases[] = {"db", "database", "dbindex", "virtual_host"};
constexpr std::string_view kMasters[] = {"sentinelmasterid", "master_name", "sentinel_master",
                                         "redis_sentinel"};
constexpr std::string_view kUsers[] = {"username", "user"};
constexpr std::string_view kPasswords[] = {"password", "auth"};
constexpr RefusedParameter kRefused[] = {
    {"capath", "ssl_ca_certs names the authorities in one PEM file"},
    {"host", "the host stands before the database; sentinels are redis-sentinel://host1,host2"},
    {"ssl_ca_data", "ssl_ca_certs names the authorities in a PEM file"},
    {"ssl_ca_path", "ssl_ca_certs names the authorities in one PEM file"},
};
// What a misspelt parameter may have been meant as.
constexpr std::string_view kWeighty[] = {"ssl_cert_reqs", "ssl_ca_certs",     "master_name",
                                         "password",      "sentinelMasterId", "username"};

bool IsOneOf(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// A login in front of the host counts before one in the parameters, as in redis-py.
void ReadParameter(const UrlParameter& one, RedisEndpoint& endpoint, UrlTls& tls) {
  const std::string name = PlainName(one.name);
  std::string value = PercentDecoded(one.value);
  if (IsOneOf(kDatabases, name)) {
    endpoint.database = Database(value);
  } else if (IsOneOf(kMasters, name)) {
    endpoint.master = std::move(value);
  } else if (IsOneOf(kUsers, name)) {
    if (endpoint.user.empty()) endpoint.user = std::move(value);
  } else if (IsOneOf(kPasswords, name)) {
    if (endpoint.password.empty()) endpoint.password = exporter::Secret(std::move(value));
  } else if (!ReadTlsParameter(one.name, value, tls)) {
    DropParameter(one.name, kWeighty, kRefused, endpoint.dropped);
  }
}

void ReadQuery(std::string_view query, RedisEndpoint& endpoint) {
  UrlTls tls;
  for (const UrlParameter& one : UrlParameters(query)) ReadParameter(one, endpoint, tls);
  FinishTls(tls);
  endpoint.tls = endpoint.tls || tls.wanted;
  endpoint.tls_options = std::move(tls.options);
}

struct Scheme {
  std::string_view name;
  Place place;
  bool tls;
};
constexpr Scheme kSchemes[] = {
    {"redis", Place::kHost, false},
    {"rediss", Place::kHost, true},
    {"tcp", Place::kHost, false},
    {"tls", Place::kHost, true},
    {"valkey", Place::kHost, false},
    {"valkeys", Place::kHost, true},
    {"unix", Place::kSocket, false},
    {"redis+socket", Place::kSocket, false},
    {"redis-socket", Place::kSocket, false},
    {"sentinel", Place::kSentinels, false},
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

// Cuts "#fragment" off the end, and returns it without the '#'.
std::string_view CutFragment(std::string_view& text) {
  const std::size_t hash = std::min(text.find('#'), text.size());
  const std::string_view fragment = text.substr(std::min(hash + 1, text.size()));
  text.remove_suffix(text.size() - hash);
  return fragment;
}

// Reads one URL.
RedisEndpoint ParseOne(std::string_view url) {
  const Scheme& scheme = SchemeOf(url);
  std::string_view rest = url.substr(scheme.name.size() + 3);
  RedisEndpoint endpoint;
  endpoint.tls = scheme.tls;
  ReadAuthority(rest, scheme.place, endpoint);
  const std::string_view fragment = CutFragment(rest);
  const std::string path = PercentDecoded(CutFront(rest, "?"));
  if (scheme.place == Place::kSocket) {
    if (path.size() < 2) Refuse("the URL names no socket: unix:///path");
    endpoint.path = path;
  } else if (path.size() > 1) {
    endpoint.database = Database(std::string_view(path).substr(1));
  }
  ReadQuery(rest.substr(std::min<std::size_t>(1, rest.size())), endpoint);
  // Lettuce names the master there too.
  if (scheme.place == Place::kSentinels && endpoint.master.empty()) {
    endpoint.master = PercentDecoded(fragment);
  }
  return endpoint;
}

// Reads a list of sentinels. As in kombu, the first URL has the login and the database.
RedisEndpoint ParseSentinels(std::string_view list) {
  const std::vector<std::string> urls = UrlList(list);
  RedisEndpoint first = ParseOne(urls.front());
  for (auto url = urls.begin() + 1; url != urls.end(); ++url) {
    if (!HasSentinelScheme(*url)) Refuse("the URL's list has sentinels and others: name one kind");
    const RedisEndpoint next = ParseOne(*url);
    first.sentinels.insert(first.sentinels.end(), next.sentinels.begin(), next.sentinels.end());
    if (first.master.empty()) first.master = next.master;
    if (first.sentinels.size() > kMostSentinels) Refuse("the URL names too many sentinels");
  }
  return first;
}

}  // namespace

bool HasRedisScheme(std::string_view url) { return KnownScheme(url) != nullptr; }

bool HasSentinelScheme(std::string_view url) {
  const Scheme* const scheme = KnownScheme(url);
  return scheme != nullptr && scheme->place == Place::kSentinels;
}

RedisEndpoint ParseRedisUrl(std::string_view url, std::string_view master) {
  if (!HasSentinelScheme(url)) {
    SchemeOf(url);
    RefuseUrlList(url);
    return ParseOne(url);
  }
  RedisEndpoint endpoint = ParseSentinels(url);
  if (endpoint.master.empty()) endpoint.master = master;
  if (endpoint.master.empty()) {
    Refuse(
        "the URL names no master of the sentinels: give master_name, or write "
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
