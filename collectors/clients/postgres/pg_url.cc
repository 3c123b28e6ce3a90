#include "collectors/clients/postgres/pg_url.h"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>

#include "collectors/clients/net/url_parameters.h"
#include "collectors/clients/net/url_parts.h"

namespace collectors {
namespace {

using Spelling = std::pair<std::string_view, std::string_view>;

// Parameters of other drivers that have the meaning and the values of one of libpq's.
constexpr Spelling kNames[] = {
    {"channelbinding", "channel_binding"},
    {"gssencmode", "gssencmode"},
    {"kerberosservername", "krbsrvname"},
    {"database", "dbname"},
    {"username", "user"},
    {"ssl_ca", "sslrootcert"},
    {"ssl_cert", "sslcert"},
    {"ssl_key", "sslkey"},
    {"sslca", "sslrootcert"},
};

// How a parameter meets another one of the same meaning.
enum class Rank {
  kOwn,        // The last of its kind counts.
  kFallback,   // Counts if no parameter of kOwn is given.
  kRestricts,  // Counts unless the other one turns TLS off.
};

// Parameters whose value must be translated too.
struct Translated {
  std::string_view name;  // As PlainName() returns it.
  std::string_view keyword;
  Rank rank;
  std::span<const Spelling> values;  // By PlainName(). An empty translation drops the parameter.
  std::string_view wanted;           // For the message about another value.
};

// Of `ssl` in asyncpg, node-postgres (a JSON object too), Ecto and pgjdbc.
constexpr Spelling kSslValues[] = {
    {"true", "require"},
    {"1", "require"},
    {"require", "require"},
    {"no_verify", "require"},
    {"{\"rejectunauthorized\":false}", "require"},
    {"{\"rejectunauthorized\":true}", "verify-full"},
    {"false", "disable"},
    {"0", "disable"},
    {"disable", "disable"},
    {"allow", "allow"},
    {"prefer", "prefer"},
    {"verify_ca", "verify-ca"},
    {"verify_full", "verify-full"},
};
// Of `sslmode` in node-postgres, Prisma and R2DBC.
constexpr Spelling kSslModeValues[] = {
    {"no_verify", "require"},       {"disable", "disable"}, {"allow", "allow"},
    {"prefer", "prefer"},           {"require", "require"}, {"verify_ca", "verify-ca"},
    {"verify_full", "verify-full"},
};
// Of Prisma's `sslaccept`. Its other value, the default, leaves sslmode as it is.
constexpr Spelling kAcceptValues[] = {{"strict", "verify-full"}, {"accept_invalid_certs", ""}};
// Of pgjdbc's `sslfactory`. LibPQFactory, the default, goes by sslmode as libpq does.
constexpr Spelling kFactoryValues[] = {
    {"org.postgresql.ssl.nonvalidatingfactory", "require"},
    {"org.postgresql.ssl.libpqfactory", ""},
    {"org.postgresql.ssl.jdbc4.libpqfactory", ""},
};
// Of pgjdbc's `targetServerType`.
constexpr Spelling kServerTypes[] = {
    {"any", "any"},
    {"primary", "primary"},
    {"master", "primary"},
    {"secondary", "standby"},
    {"slave", "standby"},
    {"prefersecondary", "prefer-standby"},
    {"preferslave", "prefer-standby"},
};

constexpr std::string_view kModes = "disable, allow, prefer, require, verify-ca, verify-full";
constexpr Translated kTranslated[] = {
    {"ssl", "sslmode", Rank::kFallback, kSslValues,
     "true, false, disable, allow, prefer, require, verify-ca, verify-full"},
    {"sslmode", "sslmode", Rank::kOwn, kSslModeValues, kModes},
    {"ssl_mode", "sslmode", Rank::kOwn, kSslModeValues, kModes},
    {"sslaccept", "sslmode", Rank::kRestricts, kAcceptValues, "strict, accept_invalid_certs"},
    {"sslfactory", "sslmode", Rank::kFallback, kFactoryValues,
     "org.postgresql.ssl.NonValidatingFactory; use sslmode and sslrootcert instead"},
    {"targetservertype", "target_session_attrs", Rank::kOwn, kServerTypes,
     "any, primary, secondary, preferSecondary"},
};

// The parameters of a URL that name the application's schema: one name, or a search path.
constexpr std::string_view kSchemaName = "schema";
constexpr std::string_view kSearchPaths[] = {"currentschema", "search_path", "searchpath",
                                             "schema_search_path"};
// A socket by its whole path, as pg8000 and others name it. libpq is given its folder.
constexpr std::string_view kSocketNames[] = {"unix_sock", "unix_socket", "socket"};

constexpr std::string_view kCloudSqlHint = "run the Cloud SQL Auth Proxy and name its host";
constexpr RefusedParameter kRefused[] = {
    {"cloudsqlinstance", kCloudSqlHint},
    {"hostname", "the host stands before the database, or in the parameter host"},
    {"socketfactory", kCloudSqlHint},
    {"sslhostnameverifier", "sslmode=verify-full checks the host name, sslmode=verify-ca does not"},
    {"sslidentity", "sslcert and sslkey name the certificate and its key as PEM files"},
};
// What a misspelt parameter may have been meant as.
constexpr std::string_view kWeighty[] = {
    "sslmode", "sslrootcert", "sslcert",  "sslkey",          "host",
    "port",    "user",        "password", "channel_binding", "target_session_attrs",
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

template <typename Range>
bool Holds(const Range& range, std::string_view value) {
  return std::ranges::find(range, value) != std::end(range);
}

// A schema's name as a search path: its case counts.
std::string QuotedName(std::string name) {
  if (name.empty()) return name;
  for (std::size_t at = 0; (at = name.find('"', at)) != std::string::npos; at += 2) {
    name.insert(at, 1, '"');
  }
  return '"' + name + '"';
}

std::string_view FolderOf(std::string_view socket) {
  const std::size_t file = socket.find("/.s.PGSQL.");
  return file == std::string_view::npos ? socket : socket.substr(0, file);
}

std::string_view Translate(const Translated& row, std::string_view name, std::string_view value) {
  const std::string plain = PlainName(PercentDecoded(value));
  const auto found = std::ranges::find(row.values, plain, &Spelling::first);
  if (found != row.values.end()) return found->second;
  throw std::invalid_argument("the value of " + std::string(name) + " must be one of " +
                              std::string(row.wanted));
}

const Translated* RowOf(std::string_view name) {
  const auto* const row = std::ranges::find(kTranslated, PlainName(name), &Translated::name);
  return row == std::end(kTranslated) ? nullptr : row;
}

// Gathers the parameters for libpq. They stay encoded.
class Query {
 public:
  explicit Query(PgUrl& url) : url_(url) {}

  void Read(std::string_view text) {
    const std::vector<UrlParameter> parameters = UrlParameters(text);
    // Prisma's sslcert is the authority, not a certificate of the client.
    is_prisma_ = std::ranges::any_of(
        parameters, [](const UrlParameter& one) { return PlainName(one.name) == "sslaccept"; });
    for (const Rank rank : {Rank::kOwn, Rank::kFallback, Rank::kRestricts}) {
      for (const UrlParameter& one : parameters) {
        const Translated* const row = RowOf(one.name);
        if ((row == nullptr ? Rank::kOwn : row->rank) == rank) ReadOne(one, row);
      }
    }
  }

  // Names a host, or a socket's folder, with its port or without one; still encoded.
  void AddHost(std::string_view host) {
    const std::size_t colon = host.rfind(':');
    const bool has_port = !host.starts_with('/') && colon != std::string_view::npos &&
                          host.find(':') == colon && host.find(',') == std::string_view::npos;
    hosts_ += (is_listed_ ? "," : "") + std::string(host.substr(0, has_port ? colon : host.size()));
    ports_ += (is_listed_ ? "," : "") + std::string(has_port ? host.substr(colon + 1) : "");
    has_ports_ = has_ports_ || has_port;
    is_listed_ = true;
  }

  std::string Text() const {
    std::string text;
    const auto add = [&text](std::string_view keyword, std::string_view value) {
      text += (text.empty() ? "?" : "&") + std::string(keyword) + "=" + std::string(value);
    };
    if (is_listed_) add("host", hosts_);
    if (has_ports_) add("port", ports_);
    for (const auto& [keyword, value] : kept_) add(keyword, value);
    return text;
  }

 private:
  using Kept = std::pair<std::string, std::string>;  // A keyword and its encoded value.

  void ReadOne(const UrlParameter& one, const Translated* row) {
    const std::string plain = PlainName(one.name);
    const auto* const name = std::ranges::find(kNames, plain, &Spelling::first);
    if (row != nullptr) {
      Keep(row->keyword, Translate(*row, one.name, one.value), row->rank);
    } else if (plain == kSchemaName) {
      url_.search_path = QuotedName(PercentDecoded(one.value));
    } else if (Holds(kSearchPaths, plain)) {
      url_.search_path = PercentDecoded(one.value);
    } else if (Holds(kSocketNames, plain)) {
      AddHost(PercentEncoded(FolderOf(PercentDecoded(one.value))));
    } else if (plain == "host") {
      AddHost(one.value);
    } else if (is_prisma_ && plain == "sslcert") {
      Keep("sslrootcert", one.value);
    } else if (LibpqKnows(one.name)) {
      Keep(one.name, one.value);
    } else if (name != std::end(kNames)) {
      Keep(name->second, one.value);
    } else {
      DropParameter(one.name, kWeighty, kRefused, url_.dropped);
    }
  }

  void Keep(std::string_view keyword, std::string_view value, Rank rank = Rank::kOwn) {
    if (value.empty()) return;
    const auto known = std::ranges::find(kept_, keyword, &Kept::first);
    if (known == kept_.end()) return void(kept_.emplace_back(keyword, value));
    const bool gives_way = rank == Rank::kFallback || known->second == "disable";
    if (rank == Rank::kOwn || !gives_way) known->second = value;
  }

  PgUrl& url_;
  bool is_prisma_ = false;
  bool is_listed_ = false;
  bool has_ports_ = false;
  std::string hosts_;
  std::string ports_;
  std::vector<Kept> kept_;
};

// After the scheme, at most one '@' may follow, and it ends user and password. A second '@', or one
// after the '/' or '?' that ends the host, belongs to a password; otherwise that part would be read
// as a host name and shown.
void CheckSigns(std::string_view after_scheme, std::string_view authority) {
  const auto signs = [](std::string_view text) { return std::ranges::count(text, '@'); };
  if (signs(after_scheme) > 1 || signs(authority) != signs(after_scheme)) {
    throw std::invalid_argument(std::string(kPgEncodeHint));
  }
}

// libpq decodes the parts of a URL, but its error texts are not used.
void CheckPercents(std::string_view url) {
  for (std::size_t at = url.find('%'); at != std::string_view::npos; at = url.find('%', at + 1)) {
    const std::string_view digits = url.substr(at + 1, 2);
    if (digits.size() == 2 && UrlNumber(digits, 16, 255).value_or(0) > 0) continue;
    throw std::invalid_argument("a '%' in it begins no character; " + std::string(kPgEncodeHint));
  }
}

}  // namespace

PgUrl ReadPgUrl(std::string_view after_scheme) {
  CheckPercents(after_scheme);
  const std::size_t question = std::min(after_scheme.find('?'), after_scheme.size());
  std::string address(after_scheme.substr(0, question));
  const std::string authority = address.substr(0, address.find('/'));
  CheckSigns(after_scheme, authority);
  PgUrl url;
  Query query(url);
  const std::string_view path = std::string_view(address).substr(authority.size());
  const bool has_host = !authority.empty() && !authority.ends_with('@');
  if (!has_host && path.starts_with("//")) {
    // The socket's folder, then the database.
    const std::size_t slash = path.rfind('/');
    query.AddHost(path.substr(1, slash - 1));
    address = authority + std::string(path.substr(slash));
  }
  query.Read(after_scheme.substr(std::min(question + 1, after_scheme.size())));
  url.text = "postgresql://" + address + query.Text();
  return url;
}

}  // namespace collectors
