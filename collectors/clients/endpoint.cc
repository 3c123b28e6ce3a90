#include "collectors/clients/endpoint.h"

#include <charconv>
#include <optional>
#include <stdexcept>
#include <utility>

namespace collectors {
namespace {

constexpr int kMaxDatabase = 1'000'000;
constexpr std::uint16_t kSentinelPort = 26379;
constexpr std::size_t kMostSentinels = 100;

// What a URL names.
enum class Place { kHost, kSocket, kSentinels };

[[noreturn]] void Refuse(const std::string& why) { throw std::invalid_argument(why); }

// What stands before the first of the separators; `text` keeps that one and what
// follows, and is left empty where there is none.
std::string_view CutFront(std::string_view& text, std::string_view separators) {
  const std::size_t end = text.find_first_of(separators);
  const std::string_view front = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end);
  return front;
}

std::optional<int> Number(std::string_view text, int base, int most) {
  int value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc() || stop != end || value < 0 || value > most) return std::nullopt;
  return value;
}

std::string Decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    const std::optional<int> byte =
        i + 2 < text.size() ? Number(text.substr(i + 1, 2), 16, 255) : std::nullopt;
    if (!byte) Refuse("a % in the URL is not followed by two hexadecimal digits");
    result += static_cast<char>(*byte);
    i += 2;
  }
  return result;
}

int Database(std::string_view text) {
  const std::optional<int> database = Number(text, 10, kMaxDatabase);
  if (!database) Refuse("the database in the URL must be a number, as in redis://host:6379/0");
  return *database;
}

void ReadUserInfo(std::string_view info, RedisEndpoint& endpoint) {
  const std::size_t colon = info.find(':');
  endpoint.user = Decoded(info.substr(0, colon));
  if (colon != std::string_view::npos) {
    endpoint.password = exporter::Secret(Decoded(info.substr(colon + 1)));
  }
}

RedisNodeAddress ReadAddress(std::string_view text, std::uint16_t default_port) {
  RedisNodeAddress address{"", default_port};
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) Refuse("the URL's IPv6 address has no closing bracket");
    address.host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
  } else {
    address.host = Decoded(CutFront(text, ":"));
  }
  if (address.host.empty()) address.host = "localhost";
  if (text.empty()) return address;
  const std::optional<int> port = text[0] == ':' ? Number(text.substr(1), 10, 65535) : std::nullopt;
  if (!port || *port == 0) Refuse("the port in the URL must be a number from 1 to 65535");
  address.port = static_cast<std::uint16_t>(*port);
  return address;
}

void ReadSentinels(std::string_view list, RedisEndpoint& endpoint) {
  while (true) {
    endpoint.sentinels.push_back(ReadAddress(CutFront(list, ","), kSentinelPort));
    if (list.empty()) return;
    list.remove_prefix(1);
    if (endpoint.sentinels.size() == kMostSentinels) Refuse("the URL names too many sentinels");
  }
}

// Reads [userinfo@]host:port off the front of `rest`.
void ReadAuthority(std::string_view& rest, Place place, RedisEndpoint& endpoint) {
  std::string_view authority = CutFront(rest, "/?#");
  // The last @ ends the user's part, so that a password may hold a plain one.
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
    if (key == "db" || key == "virtual_host") endpoint.database = Database(Decoded(value));
    if (key == "sentinelMasterId" || key == "master_name") endpoint.master = Decoded(value);
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

const Scheme& SchemeOf(std::string_view url) {
  const std::size_t colon = url.find("://");
  for (const Scheme& scheme : kSchemes) {
    if (colon != std::string_view::npos && scheme.name == url.substr(0, colon)) return scheme;
  }
  Refuse("a Redis URL must begin with redis://, rediss://, unix:// or redis-sentinel://");
}

}  // namespace

RedisEndpoint ParseRedisUrl(std::string_view url) {
  const Scheme& scheme = SchemeOf(url);
  std::string_view rest = url.substr(scheme.name.size() + 3);
  RedisEndpoint endpoint;
  endpoint.tls = scheme.tls;
  ReadAuthority(rest, scheme.place, endpoint);
  rest = rest.substr(0, rest.find('#'));
  const std::string path = Decoded(CutFront(rest, "?"));
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

std::string RedisNodeAddress::Name() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string RedisEndpoint::Name() const {
  if (!path.empty()) return path;
  return RedisNodeAddress{host, port}.Name();
}

}  // namespace collectors
