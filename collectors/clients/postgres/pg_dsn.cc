#include "collectors/clients/postgres/pg_dsn.h"

#include <libpq-fe.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <utility>

#include "collectors/clients/net/url_parts.h"

namespace collectors {
namespace {

// The folder of the socket in Debian's packages and in PostgreSQL's container image.
constexpr std::string_view kSocketFolder = "/var/run/postgresql";
constexpr std::string_view kDefaultPort = "5432";

constexpr std::string_view kEncodeHint =
    "a special character in the user, the password or the database must be percent-encoded in a "
    "URL (@ is %40, / is %2F, ? is %3F, # is %23)";

// Parameters of SQLAlchemy, asyncpg, psycopg's pool, Prisma and Rails. They concern the
// application's pool and caches, not the connection to the server.
constexpr std::string_view kApplicationOnly[] = {
    "async_fallback",
    "checkout_timeout",
    "command_timeout",
    "connection_limit",
    "max_overflow",
    "pgbouncer",
    "pool",
    "pool_pre_ping",
    "pool_recycle",
    "pool_size",
    "pool_timeout",
    "prepared_statement_cache_size",
    "prepared_statement_name_func",
    "prepared_statements",
    "socket_timeout",
    "statement_cache_size",
    "timeout",
};

// The parameters of a URL that name the application's schema: one name, or a search path.
constexpr std::string_view kSchemaName = "schema";
constexpr std::string_view kSearchPaths[] = {"currentSchema", "search_path"};

// The values of `ssl=` in asyncpg, node-postgres and JDBC.
constexpr std::pair<std::string_view, std::string_view> kSslModes[] = {
    {"true", "require"},
    {"1", "require"},
    {"require", "require"},
    {"no-verify", "require"},
    {"false", "disable"},
    {"0", "disable"},
    {"disable", "disable"},
    {"allow", "allow"},
    {"prefer", "prefer"},
    {"verify-ca", "verify-ca"},
    {"verify-full", "verify-full"},
};

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

bool LibpqKnows(std::string_view keyword) {
  const Options options(::PQconndefaults(), &::PQconninfoFree);
  if (options == nullptr) throw std::bad_alloc();
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->keyword == keyword) return true;
  }
  return false;
}

std::string SslParameter(std::string_view value) {
  for (const auto& [written, mode] : kSslModes) {
    if (written == value) return "sslmode=" + std::string(mode);
  }
  throw std::invalid_argument(
      "the value of ssl is none of true, false and the values of libpq's sslmode");
}

bool IsSearchPath(std::string_view name) {
  return name == kSchemaName || std::ranges::find(kSearchPaths, name) != std::end(kSearchPaths);
}

// Returns a parameter's value as a search path for SET. Prisma's value is one name, whose case
// counts.
std::string SearchPath(std::string_view name, std::string_view value) {
  std::string path = PercentDecoded(value);
  if (path.empty() || name != kSchemaName) return path;
  for (std::size_t at = 0; (at = path.find('"', at)) != std::string::npos; at += 2) {
    path.insert(at, 1, '"');
  }
  return '"' + path + '"';
}

// Returns the search path of a URL; empty if there is none. The last parameter counts.
std::string SearchPathOf(std::string_view url) {
  std::string path;
  const std::size_t question = url.find('?');
  if (question == std::string_view::npos || url.find("://") > question) return path;
  for (const std::string& written : SplitList(url.substr(question + 1), '&')) {
    const std::size_t equals = std::min(written.find('='), written.size());
    const std::string_view name = std::string_view(written).substr(0, equals);
    if (!IsSearchPath(name) || equals == written.size()) continue;
    path = SearchPath(name, std::string_view(written).substr(equals + 1));
  }
  return path;
}

// Converts one "name=value" of a URL for libpq. Returns an empty text if it must be dropped.
std::string Parameter(const std::string& written) {
  const std::string name = written.substr(0, written.find('='));
  const std::string value = name.size() < written.size() ? written.substr(name.size() + 1) : "";
  if (name == "ssl") return SslParameter(value);
  if (IsSearchPath(name)) return "";  // SearchPathOf() reads it.
  if (LibpqKnows(name)) return written;
  const auto* const end = std::end(kApplicationOnly);
  if (std::find(std::begin(kApplicationOnly), end, name) != end) return "";
  const bool is_word = !name.empty() && name.size() <= 40 &&
                       std::all_of(name.begin(), name.end(), [](unsigned char c) {
                         return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
                       });
  throw std::invalid_argument(is_word ? "its parameter \"" + name + "\" is none that libpq knows"
                                      : "a parameter of it has no valid name");
}

// Returns the URL without the parts that libpq refuses. After the scheme, at most one '@' may
// follow, and it ends user and password. A second '@', or one after the '/' or '?' that ends the
// host, belongs to a password; otherwise that part would be read as a host name and shown.
std::string ForLibpq(std::string_view after_scheme) {
  const std::size_t question = std::min(after_scheme.find('?'), after_scheme.size());
  const std::string_view address = after_scheme.substr(0, question);
  const std::string_view query = after_scheme.substr(question);
  const std::string_view authority = address.substr(0, address.find('/'));
  const auto signs = [](std::string_view text) {
    return std::count(text.begin(), text.end(), '@');
  };
  if (signs(after_scheme) > 1 || signs(authority) != signs(after_scheme)) {
    throw std::invalid_argument(std::string(kEncodeHint));
  }
  std::string url = "postgresql://" + std::string(address);
  if (query.size() < 2) return url;
  char separator = '?';
  for (const std::string& written : SplitList(query.substr(1), '&')) {
    const std::string parameter = Parameter(written);
    if (parameter.empty()) continue;
    url += separator + parameter;
    separator = '&';
  }
  return url;
}

// libpq decodes the parts of a URL, but its error texts are not used.
void CheckPercents(std::string_view url) {
  for (std::size_t at = url.find('%'); at != std::string_view::npos; at = url.find('%', at + 1)) {
    const std::string_view digits = url.substr(at + 1, 2);
    if (digits.size() == 2 && UrlNumber(digits, 16, 255).value_or(0) > 0) continue;
    throw std::invalid_argument("a '%' in it begins no character; " + std::string(kEncodeHint));
  }
}

std::string Normalized(const std::string& dsn) {
  const std::size_t colon = dsn.find("://");
  if (colon == std::string::npos || dsn.find_first_of("=' ") < colon) return dsn;
  CheckPercents(dsn);
  return ForLibpq(std::string_view(dsn).substr(colon + 3));
}

// Ports are shown in texts. One that is not a number may be part of a password.
void CheckPorts(std::string_view ports) {
  for (const std::string& port : SplitList(ports, ',')) {
    const std::optional<int> number = UrlNumber(port, 10, 65535);
    if (port.empty() || (number && *number > 0)) continue;
    throw std::invalid_argument("its port is no number from 1 to 65535; if that is no port, " +
                                std::string(kEncodeHint));
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
  // libpq's error text would quote the DSN, so it is not requested.
  const Options options(::PQconninfoParse(Normalized(dsn).c_str(), nullptr), &::PQconninfoFree);
  if (options == nullptr) {
    throw std::invalid_argument(
        "it is neither a valid URL (postgresql://user:password@host:port/database) nor valid "
        "\"host=... dbname=...\"; in a URL, " +
        std::string(kEncodeHint));
  }
  PgDsn parsed;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) parsed.parameters.emplace_back(option->keyword, option->val);
  }
  parsed.search_path = SearchPathOf(dsn);
  FillFromEnvironment(parsed);
  CheckPorts(parsed.Get("port"));
  CheckValues(parsed);
  parsed.server_name = ServerNameOf(parsed);
  return parsed;
}

}  // namespace collectors
