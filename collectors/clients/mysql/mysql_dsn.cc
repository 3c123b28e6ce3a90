#include "collectors/clients/mysql/mysql_dsn.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "collectors/clients/net/url_parameters.h"
#include "collectors/clients/sql/sql_url.h"

namespace collectors {
namespace {

constexpr std::string_view kEncodeHint =
    "a special character in the user, the password or the database must be percent-encoded "
    "(@ is %40, : is %3A, / is %2F, ? is %3F, # is %23)";

struct TextRow {
  std::string_view name;
  std::string MysqlDsn::*field;
};

constexpr TextRow kTexts[] = {
    {"user", &MysqlDsn::user},
    {"username", &MysqlDsn::user},
    {"unix_socket", &MysqlDsn::socket},
    {"socket", &MysqlDsn::socket},
    {"ssl_ca", &MysqlDsn::tls_ca},
    {"ssl_capath", &MysqlDsn::tls_ca_folder},
    {"ssl_key", &MysqlDsn::tls_key},
    {"ssl_cert", &MysqlDsn::tls_certificate},
    {"sslca", &MysqlDsn::tls_ca},
    {"sslkey", &MysqlDsn::tls_key},
    {"sslcert", &MysqlDsn::tls_certificate},
    {"serversslcert", &MysqlDsn::tls_ca},
};

constexpr std::string_view kModeNames[] = {"ssl_mode", "sslmode", "ssl", "tls", "usessl"};
constexpr std::string_view kCheckNames[] = {"ssl_check_hostname", "ssl_verify_identity",
                                            "sslverify"};
constexpr std::string_view kNoHostCheck = "disablesslhostnameverification";
// Of Prisma: with it, sslcert is the authority.
constexpr std::string_view kPrismaAccept = "sslaccept";

constexpr std::string_view kKeystoreHint = "ssl_ca, ssl_cert and ssl_key name PEM files";
constexpr RefusedParameter kRefused[] = {
    {"host", "the host stands before the database"},
    {"hostname", "the host stands before the database"},
    {"clientcertificatekeystoreurl", kKeystoreHint},
    {"keystore", kKeystoreHint},
    {"sslidentity", kKeystoreHint},
    {"trustcertificatekeystoreurl", kKeystoreHint},
    {"truststore", kKeystoreHint},
    {"socketfactory", "run the Cloud SQL Auth Proxy and name its host"},
};
// What a misspelt parameter may have been meant as.
constexpr std::string_view kWeighty[] = {"ssl-mode", "ssl-ca", "unix_socket", "user", "password"};

struct ModeRow {
  std::string_view value;
  MysqlTls mode;
};

// MySQL's names, those of other databases' drivers, and go-sql-driver's values of `tls`.
constexpr ModeRow kModes[] = {
    {"disabled", MysqlTls::kDisabled},
    {"disable", MysqlTls::kDisabled},
    {"false", MysqlTls::kDisabled},
    {"0", MysqlTls::kDisabled},
    {"preferred", MysqlTls::kPreferred},
    {"prefer", MysqlTls::kPreferred},
    {"required", MysqlTls::kRequired},
    {"require", MysqlTls::kRequired},
    {"skip_verify", MysqlTls::kRequired},
    {"true", MysqlTls::kRequired},
    {"1", MysqlTls::kRequired},
    {"verify_ca", MysqlTls::kVerifyCa},
    {"verify_identity", MysqlTls::kVerifyIdentity},
    {"verify_full", MysqlTls::kVerifyIdentity},
    {"trust", MysqlTls::kRequired},
    // mysql2 of Node.
    {"{\"rejectunauthorized\":true}", MysqlTls::kVerifyIdentity},
    {"{\"rejectunauthorized\":false}", MysqlTls::kRequired},
};

// Parameters of Connector/J, MariaDB's Java driver, PyMySQL and Prisma that ask for more than the
// mode does, unless that turns TLS off.
struct RaiseRow {
  std::string_view name;
  std::string_view on;
  std::string_view off;  // Leaves the mode as it is.
  MysqlTls least;
};
constexpr RaiseRow kRaises[] = {
    {"requiressl", "true", "false", MysqlTls::kRequired},
    {"trustservercertificate", "true", "false", MysqlTls::kRequired},
    {"verifyservercertificate", "true", "false", MysqlTls::kVerifyCa},
    {"ssl_verify_cert", "true", "false", MysqlTls::kVerifyCa},
    {kPrismaAccept, "strict", "accept_invalid_certs", MysqlTls::kVerifyIdentity},
};

template <typename Range>
bool Holds(const Range& range, std::string_view value) {
  return std::find(std::begin(range), std::end(range), value) != std::end(range);
}

std::string Decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const std::string_view digits = text.substr(i + 1, 2);
    unsigned value = 0;
    const auto parsed = std::from_chars(digits.begin(), digits.end(), value, 16);
    if (digits.size() != 2 || parsed.ptr != digits.end() || value == 0) {
      throw std::invalid_argument("a '%' in it begins no character; " + std::string(kEncodeHint));
    }
    decoded += static_cast<char>(value);
    i += 2;
  }
  if (decoded.find('\0') != std::string::npos) throw std::invalid_argument("it holds a NUL");
  return decoded;
}

std::uint16_t PortOf(std::string_view text) {
  std::uint16_t port = 0;
  const auto parsed = std::from_chars(text.begin(), text.end(), port);
  if (parsed.ec != std::errc() || parsed.ptr != text.end() || port == 0) {
    throw std::invalid_argument("its port is no number from 1 to 65535; if that is no port, " +
                                std::string(kEncodeHint));
  }
  return port;
}

// "user:password" before the '@'.
void ReadUser(std::string_view text, MysqlDsn& dsn) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  dsn.user = Decoded(text.substr(0, colon));
  if (colon < text.size()) dsn.password = exporter::Secret(Decoded(text.substr(colon + 1)));
}

// Host names are shown in texts. One that is not valid may be part of a password.
void CheckHost(const std::string& host) {
  const bool valid = std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == ':' || c == '%';
  });
  if (!valid) {
    throw std::invalid_argument("its host is no valid name, and one is all that it can be; " +
                                std::string(kEncodeHint));
  }
}

// "host:port" or "[::1]:port", or as go-sql-driver has it, "tcp(host:port)".
void ReadHost(std::string_view text, MysqlDsn& dsn) {
  if (text.starts_with("tcp(") && text.ends_with(')')) text = text.substr(4, text.size() - 5);
  std::string_view port;
  std::string_view host = text.substr(0, text.find(':'));
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) throw std::invalid_argument("its '[' is never closed");
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else {
    port = text.substr(host.size());
  }
  if (!port.empty()) dsn.port = PortOf(port.starts_with(':') ? port.substr(1) : "?");
  if (host.empty()) return;
  std::string name = Decoded(host);
  // A socket by its path, as Django's URLs name one: mysql://user@%2Frun%2Fm.sock/shop.
  if (name.starts_with('/')) return void(dsn.socket = std::move(name));
  CheckHost(name);
  dsn.host = std::move(name);
}

bool IsTrue(std::string_view name, std::string_view value) {
  if (value == "true" || value == "1") return true;
  if (value == "false" || value == "0") return false;
  throw std::invalid_argument("the value of " + std::string(name) + " is neither true nor false");
}

MysqlTls ModeOf(std::string_view name, std::string_view value) {
  for (const ModeRow& row : kModes) {
    // go-sql-driver's `tls=true` verifies the host; `ssl=true` of other drivers does not.
    if (row.value == value) {
      return name == "tls" && value == "true" ? MysqlTls::kVerifyIdentity : row.mode;
    }
  }
  throw std::invalid_argument("the value of " + std::string(name) +
                              " is none of DISABLED, PREFERRED, REQUIRED, VERIFY_CA and "
                              "VERIFY_IDENTITY");
}

// The TLS parameters, collected until all have been read.
struct TlsWish {
  std::optional<MysqlTls> mode;
  std::optional<bool> check_host;
  MysqlTls least = MysqlTls::kDisabled;
  bool is_prisma = false;
};

void Raise(const RaiseRow& row, std::string_view written, const std::string& value, TlsWish& wish) {
  wish.is_prisma = wish.is_prisma || row.name == kPrismaAccept;
  if (value == row.on) {
    wish.least = std::max(wish.least, row.least);
  } else if (value != row.off) {
    throw std::invalid_argument("the value of " + std::string(written) + " is neither " +
                                std::string(row.on) + " nor " + std::string(row.off));
  }
}

void ReadParameter(const UrlParameter& one, MysqlDsn& dsn, TlsWish& wish) {
  const std::string name = PlainName(one.name);
  const std::string value = Decoded(one.value);
  const auto* const text = std::ranges::find(kTexts, name, &TextRow::name);
  const auto* const raise = std::ranges::find(kRaises, name, &RaiseRow::name);
  if (text != std::end(kTexts)) {
    dsn.*(text->field) = value;
  } else if (name == "password") {
    dsn.password = exporter::Secret(value);
  } else if (Holds(kModeNames, name)) {
    wish.mode = ModeOf(name, PlainName(value));
  } else if (raise != std::end(kRaises)) {
    Raise(*raise, one.name, PlainName(value), wish);
  } else if (Holds(kCheckNames, name)) {
    wish.check_host = IsTrue(name, PlainName(value));
  } else if (name == kNoHostCheck) {
    wish.check_host = !IsTrue(name, PlainName(value));
  } else {
    DropParameter(one.name, kWeighty, kRefused, dsn.dropped);
  }
}

void ReadParameters(std::string_view query, MysqlDsn& dsn, TlsWish& wish) {
  for (const UrlParameter& one : UrlParameters(query)) ReadParameter(one, dsn, wish);
  if (wish.least > MysqlTls::kDisabled && wish.mode != MysqlTls::kDisabled) {
    wish.mode = std::max(wish.mode.value_or(wish.least), wish.least);
  }
  if (wish.is_prisma && !dsn.tls_certificate.empty() && dsn.tls_key.empty()) {
    dsn.tls_ca = std::exchange(dsn.tls_certificate, "");
  }
  // Prisma writes socket=(/path).
  if (dsn.socket.starts_with('(') && dsn.socket.ends_with(')')) {
    dsn.socket = dsn.socket.substr(1, dsn.socket.size() - 2);
  }
}

MysqlTls ModeFor(const MysqlDsn& dsn, const TlsWish& wish) {
  if (!dsn.socket.empty()) return MysqlTls::kDisabled;
  const bool has_authority = !dsn.tls_ca.empty() || !dsn.tls_ca_folder.empty();
  if (wish.check_host.value_or(false)) return MysqlTls::kVerifyIdentity;
  // As in MySQL's own client: a given authority means that the certificate is verified.
  const MysqlTls least = has_authority ? MysqlTls::kVerifyCa : MysqlTls::kPreferred;
  if (wish.mode == MysqlTls::kDisabled || wish.mode == MysqlTls::kPreferred) return *wish.mode;
  if (wish.mode) return std::max(*wish.mode, least);
  return has_authority && !wish.check_host ? MysqlTls::kVerifyIdentity : least;
}

void CheckTls(const MysqlDsn& dsn, const TlsWish& wish) {
  if (dsn.tls_key.empty() != dsn.tls_certificate.empty()) {
    throw std::invalid_argument("ssl_cert and ssl_key belong together: give both");
  }
  const bool wants_tls = wish.check_host.value_or(false) ||
                         wish.mode.value_or(MysqlTls::kPreferred) > MysqlTls::kPreferred;
  if (!dsn.socket.empty() && wants_tls) {
    throw std::invalid_argument("TLS is for a host, and unix_socket names none");
  }
  if (!dsn.socket.empty() && dsn.socket.front() != '/') {
    throw std::invalid_argument("unix_socket must be a whole path");
  }
}

}  // namespace

std::string MysqlDsn::Name() const {
  if (!socket.empty()) return socket;
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

MysqlDsn ParseMysqlDsn(const std::string& dsn) {
  const std::optional<SqlUrl> url = ReadSqlUrl(dsn);
  if (!url) throw std::invalid_argument("it is no URL mysql://user:password@host:port/database");
  const std::string_view rest = url->rest;
  const std::size_t question = std::min(rest.find('?'), rest.size());
  const std::string_view address = rest.substr(0, question);
  const std::string_view authority = address.substr(0, address.find('/'));
  // A second '@', or one after the host, belongs to a password; otherwise that part would be read
  // as a host name and shown.
  if (std::count(rest.begin(), rest.end(), '@') > 1 ||
      (rest.find('@') != std::string_view::npos && authority.find('@') == std::string_view::npos)) {
    throw std::invalid_argument(std::string(kEncodeHint));
  }
  MysqlDsn parsed;
  const std::size_t at = authority.find('@');
  if (at != std::string_view::npos) ReadUser(authority.substr(0, at), parsed);
  ReadHost(authority.substr(at == std::string_view::npos ? 0 : at + 1), parsed);
  parsed.database = Decoded(address.substr(std::min(authority.size() + 1, address.size())));
  TlsWish wish;
  ReadParameters(rest.substr(std::min(question + 1, rest.size())), parsed, wish);
  CheckTls(parsed, wish);
  parsed.tls = ModeFor(parsed, wish);
  return parsed;
}

}  // namespace collectors
