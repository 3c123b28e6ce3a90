#pragma once

#include <string>

#include "collectors/clients/mysql/mysql_dsn.h"

namespace collectors {

// While it lives, every TLS handshake that this thread begins asks for `host` (SNI). It fails
// before a password is sent, unless the certificate is as good as `tls` wants it: signed by an
// authority that the library was given (kVerifyCa), and for that host too (kVerifyIdentity).
//
// libmariadb cannot do this for us. It verifies the name that it looked up itself, in a call that
// heeds no deadline, and we give it an address instead. From 3.4 on it ends no handshake for a bad
// certificate: it notes the fault and judges later, by rules that differ between its releases.
// So OpenSSL calls us at the beginning of each handshake.
class MysqlHandshake {
 public:
  MysqlHandshake(const std::string& host, MysqlTls tls);
  ~MysqlHandshake();
  MysqlHandshake(const MysqlHandshake&) = delete;
  MysqlHandshake& operator=(const MysqlHandshake&) = delete;

  const std::string& host() const { return host_; }
  MysqlTls tls() const { return tls_; }
  // Whether a handshake was begun that verifies what `tls` wants. False after a success means
  // that the library or OpenSSL does not work as this class believes.
  bool verifies() const { return verifies_; }
  void NoteVerifies() { verifies_ = true; }

 private:
  const std::string& host_;
  MysqlTls tls_;
  bool verifies_ = false;
};

}  // namespace collectors
