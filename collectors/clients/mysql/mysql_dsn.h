#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "exporter/seam/secret.h"

namespace collectors {

// The required protection of a TCP connection. The names are MySQL's.
enum class MysqlTls {
  kDisabled,
  kPreferred,       // TLS if the server offers it; the server is not verified.
  kRequired,        // Never without TLS.
  kVerifyCa,        // Also: an authority has signed the certificate.
  kVerifyIdentity,  // Also: the certificate is for this host.
};

// The address of a MySQL or MariaDB server and the login. Files are given by their paths.
struct MysqlDsn {
  std::string host = "localhost";  // An IPv6 address has no brackets.
  std::uint16_t port = 3306;
  std::string socket;  // A path. If set, host and port are ignored, and TLS is off.
  std::string user;    // Empty: the operating system's user.
  exporter::Secret password;
  std::string database;
  MysqlTls tls = MysqlTls::kPreferred;
  std::string tls_ca;  // If this and the folder are empty: the system's authorities.
  std::string tls_ca_folder;
  std::string tls_certificate;
  std::string tls_key;
  std::vector<std::string> dropped;  // Names of the URL's parameters without an effect.

  // Returns "host:port", "[::1]:port" or the socket's path. Holds no secret.
  std::string Name() const;
};

// Reads a URL as applications write it; ReadSqlUrl() names the schemes:
//   mysql://[user[:password]@][host][:port][/database][?name=value&...]
// The parameters are `user`, `password`, `unix_socket` and those for TLS in the spellings of the
// common drivers, with '-' or '_' and in upper or lower case: `ssl-mode`, `ssl`, `tls`, `ssl_ca`,
// `ssl_capath`, `ssl_cert`, `ssl_key`, `ssl_check_hostname`. An authority without a mode means
// kVerifyIdentity. Drops parameters that concern only the application. Refuses others that may
// change the security or the target: a misspelt ssl-mode must not go unnoticed. Throws
// std::invalid_argument; its text holds nothing of the DSN except the name of a parameter.
MysqlDsn ParseMysqlDsn(const std::string& dsn);

}  // namespace collectors
