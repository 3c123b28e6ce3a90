#pragma once

#include <cstdint>
#include <string>

#include "exporter/seam/secret.h"

namespace collectors {

// How far a connection by TCP must be protected; the names are MySQL's.
enum class MysqlTls {
  kDisabled,
  kPreferred,       // By TLS where the server offers it, whoever it is.
  kRequired,        // Never without TLS.
  kVerifyCa,        // And the certificate is one of the authority's.
  kVerifyIdentity,  // And it is for this host.
};

// How to reach a MySQL or MariaDB server. Files are by their paths.
struct MysqlDsn {
  std::string host = "localhost";  // An IPv6 address without its brackets.
  std::uint16_t port = 3306;
  std::string socket;  // A path; given: host and port count for nothing, and TLS is off.
  std::string user;    // Empty: the operating system's.
  exporter::Secret password;
  std::string database;
  MysqlTls tls = MysqlTls::kPreferred;
  std::string tls_ca;  // Both empty where the system's authorities are meant.
  std::string tls_ca_folder;
  std::string tls_certificate;
  std::string tls_key;

  // "host:port", "[::1]:port" or the socket's path; holds no secret.
  std::string Name() const;
};

// Reads a DSN as applications write it:
//   mysql://[user[:password]@][host][:port][/database][?name=value&...]
// or mariadb://, with a driver suffix as SQLAlchemy has it (mysql+pymysql://) or
// without. The parameters are `unix_socket` and those for TLS, in the spellings of
// the common drivers, with '-' or '_' and in either case: `ssl-mode`, `ssl`, `tls`,
// `ssl_ca`, `ssl_capath`, `ssl_cert`, `ssl_key`, `ssl_check_hostname`. An authority
// without a mode means kVerifyIdentity. Parameters of an application's pool and
// encoding are dropped; others are refused, since a misspelt ssl-mode must not go
// unnoticed. Throws std::invalid_argument, whose text holds no part of the DSN but
// the name of a parameter.
MysqlDsn ParseMysqlDsn(const std::string& dsn);

}  // namespace collectors
