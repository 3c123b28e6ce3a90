#include "collectors/clients/endpoint.h"

#include <charconv>
#include <optional>
#include <stdexcept>

namespace collectors {
namespace {

constexpr int kMaxDatabase = 1'000'000;

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

void ReadPort(std::string_view text, RedisEndpoint& endpoint) {
  if (text.empty()) return;
  const std::optional<int> port = text[0] == ':' ? Number(text.substr(1), 10, 65535) : std::nullopt;
  if (!port || *port == 0) Refuse("the port in the URL must be a number from 1 to 65535");
  endpoint.port = static_cast<std::uint16_t>(*port);
}

void ReadHost(std::string_view text, RedisEndpoint& endpoint) {
  if (text.substr(0, 1) == "[") {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) Refuse("the URL's IPv6 address has no closing bracket");
    endpoint.host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
  } else {
    endpoint.host = Decoded(CutFront(text, ":"));
  }
  if (endpoint.host.empty()) endpoint.host = "localhost";
  ReadPort(text, endpoint);
}

// Reads [userinfo@]host:port off the front of `rest`.
void ReadAuthority(std::string_view& rest, bool is_socket, RedisEndpoint& endpoint) {
  std::string_view authority = CutFront(rest, "/?#");
  // The last @ ends the user's part, so that a password may hold a plain one.
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    ReadUserInfo(authority.substr(0, at), endpoint);
    authority.remove_prefix(at + 1);
  }
  if (!is_socket) return ReadHost(authority, endpoint);
  if (!authority.empty()) Refuse("a socket's path in a URL is absolute: unix:///path");
}

void ReadQuery(std::string_view query, RedisEndpoint& endpoint) {
  while (!query.empty()) {
    query.remove_prefix(1);  // The ? or &.
    std::string_view value = CutFront(query, "&");
    const std::string_view key = CutFront(value, "=");
    if (!value.empty()) value.remove_prefix(1);
    if (key == "db" || key == "virtual_host") endpoint.database = Database(Decoded(value));
  }
}

bool IsSocket(std::string_view scheme) {
  if (scheme == "unix" || scheme == "redis+socket") return true;
  if (scheme == "redis") return false;
  if (scheme == "rediss") Refuse("TLS is not built in yet: use redis:// or unix://");
  Refuse("a Redis URL must begin with redis:// or unix://");
}

}  // namespace

RedisEndpoint ParseRedisUrl(std::string_view url) {
  const std::size_t colon = url.find("://");
  if (colon == std::string_view::npos) Refuse("a Redis URL must begin with redis:// or unix://");
  const bool is_socket = IsSocket(url.substr(0, colon));
  std::string_view rest = url.substr(colon + 3);
  RedisEndpoint endpoint;
  ReadAuthority(rest, is_socket, endpoint);
  rest = rest.substr(0, rest.find('#'));
  const std::string path = Decoded(CutFront(rest, "?"));
  if (is_socket) {
    if (path.size() < 2) Refuse("the URL names no socket: unix:///path");
    endpoint.path = path;
  } else if (path.size() > 1) {
    endpoint.database = Database(std::string_view(path).substr(1));
  }
  ReadQuery(rest, endpoint);
  return endpoint;
}

std::string RedisEndpoint::Name() const {
  if (!path.empty()) return path;
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace collectors
