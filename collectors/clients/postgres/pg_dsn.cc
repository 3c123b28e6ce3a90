#include "collectors/clients/postgres/pg_dsn.h"

#include <libpq-fe.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "collectors/clients/net/url_parts.h"
#include "collectors/clients/postgres/pg_url.h"
#include "collectors/clients/sql/sql_url.h"

namespace collectors {
namespace {

// The folder of the socket in Debian's packages and in PostgreSQL's container image.
constexpr std::string_view kSocketFolder = "/var/run/postgresql";
constexpr std::string_view kDefaultPort = "5432";

struct Choice {
  std::string_view keyword;
  std::string_view values;  // Separated by ", ".
};

// libpq refuses other values too, but only when it connects.
constexpr Choice kChoices[] = {
    {"sslmode", "disable, allow, prefer, require, verify-ca, verify-full"},
    {"target_session_attrs", "any, read-write, read-only, primary, standby, prefer-standby"},
    {"channel_binding", "disable, prefer, require"},
    {"gssencmode", "disable, prefer, require"},
};
constexpr std::string_view kNumbers[] = {
    "connect_timeout",     "keepalives",       "keepalives_idle",
    "keepalives_interval", "keepalives_count", "tcp_user_timeout",
};

using Options = std::unique_ptr<PQconninfoOption, decltype(&::PQconninfoFree)>;

// Ports are shown in texts. One that is not a number may be part of a password.
void CheckPorts(std::string_view ports) {
  for (const std::string& port : SplitList(ports, ',')) {
    const std::optional<int> number = UrlNumber(port, 10, 65535);
    if (port.empty() || (number && *number > 0)) continue;
    throw std::invalid_argument("its port is no number from 1 to 65535; if that is no port, " +
                                std::string(kPgEncodeHint));
  }
}

// Accepts a sign, and blanks around the number, as libpq does.
bool IsNumber(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  text = text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return UrlNumber(text, 10, std::numeric_limits<int>::max()).has_value();
}

void CheckValues(const PgDsn& dsn) {
  for (const auto& [keyword, values] : kChoices) {
    const std::string_view value = dsn.Get(keyword);
    const auto allowed = SplitList(values, ',');
    const auto is_value = [value](std::string_view one) {
      return one.substr(one.starts_with(' ') ? 1 : 0) == value;
    };
    if (value.empty() || std::any_of(allowed.begin(), allowed.end(), is_value)) continue;
    throw std::invalid_argument("the value of " + std::string(keyword) + " is none of " +
                                std::string(values));
  }
  for (const std::string_view keyword : kNumbers) {
    const std::string_view value = dsn.Get(keyword);
    if (value.empty() || IsNumber(value)) continue;
    throw std::invalid_argument("the value of " + std::string(keyword) + " is not a number");
  }
}

std::string Place(const std::string& host, const std::string& port) {
  if (host.starts_with('/')) return host + "/.s.PGSQL." + port;
  if (host.find(':') != std::string::npos) return "[" + host + "]:" + port;
  return (host.empty() ? "localhost" : host) + ":" + port;
}

std::string ServerNameOf(const PgDsn& dsn) {
  const bool has_host = !dsn.Get("host").empty();
  const std::vector<std::string> hosts = SplitList(dsn.Get(has_host ? "host" : "hostaddr"), ',');
  const std::vector<std::string> ports = SplitList(dsn.Get("port"), ',');
  std::string name;
  for (std::size_t n = 0; n < hosts.size(); ++n) {
    std::string port = ports[std::min(n, ports.size() - 1)];
    if (port.empty()) port = kDefaultPort;
    if (n > 0) name += ",";
    name += Place(hosts[n], port);
  }
  return name;
}

// libpq would supply these values too, but the server's name is made from them.
void FillFromEnvironment(PgDsn& dsn) {
  // A service overrides the environment, and only libpq reads service files.
  if (!dsn.Get("service").empty() || std::getenv("PGSERVICE") != nullptr) return;
  const bool has_host = !dsn.Get("host").empty() || !dsn.Get("hostaddr").empty();
  const auto fill = [&dsn](const char* keyword, const char* variable) {
    const char* const value = std::getenv(variable);
    if (dsn.Get(keyword).empty() && value != nullptr) dsn.Set(keyword, value);
  };
  fill("port", "PGPORT");
  if (has_host) return;
  fill("host", "PGHOST");
  fill("hostaddr", "PGHOSTADDR");
  if (dsn.Get("host").empty() && dsn.Get("hostaddr").empty()) {
    dsn.Set("host", std::string(kSocketFolder));
  }
}

}  // namespace

std::string_view PgDsn::Get(std::string_view keyword) const {
  for (const auto& [name, value] : parameters) {
    if (name == keyword) return value;
  }
  return {};
}

void PgDsn::Set(const std::string& keyword, std::string value) {
  for (auto& [name, old] : parameters) {
    if (name == keyword) return void(old = std::move(value));
  }
  parameters.emplace_back(keyword, std::move(value));
}

PgDsn ParsePgDsn(const std::string& dsn) {
  const std::optional<SqlUrl> url = ReadSqlUrl(dsn);
  PgUrl read = url ? ReadPgUrl(url->rest) : PgUrl{dsn};
  // libpq's error text would quote the DSN, so it is not requested.
  const Options options(::PQconninfoParse(read.text.c_str(), nullptr), &::PQconninfoFree);
  if (options == nullptr) {
    throw std::invalid_argument(
        "it is neither a valid URL (postgresql://user:password@host:port/database) nor valid "
        "\"host=... dbname=...\"; in a URL, " +
        std::string(kPgEncodeHint));
  }
  PgDsn parsed;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) parsed.parameters.emplace_back(option->keyword, option->val);
  }
  parsed.search_path = std::move(read.search_path);
  parsed.dropped = std::move(read.dropped);
  FillFromEnvironment(parsed);
  CheckPorts(parsed.Get("port"));
  CheckValues(parsed);
  parsed.server_name = ServerNameOf(parsed);
  return parsed;
}

}  // namespace collectors
