#pragma once

#include <string>

#include "collectors/clients/mysql/mysql_dsn.h"

namespace collectors {

// While an object lives, every TLS handshake that its thread begins requests `host` by SNI. The
// handshake fails, before a password is sent, unless the certificate meets `tls`: an authority that
// the library was given has signed it (kVerifyCa), and it is also for that host (kVerifyIdentity).
//
// libmariadb cannot do this for us. It verifies the name that it looked up itself, in a call
// without a deadline, and we give it an address instead. Since 3.4 it does not end a handshake for
// a bad certificate: it records the fault and decides later, by rules that differ between its
// releases. So OpenSSL calls us at the beginning of each handshake.
class MysqlHandshake {
 public:
  MysqlHandshake(const std::string& host, MysqlTls tls);
  ~MysqlHandshake();
  MysqlHandshake(const MysqlHandshake&) = delete;
  MysqlHandshake& operator=(const MysqlHandshake&) = delete;

  const std::string& host() const { return host_; }
  MysqlTls tls() const { return tls_; }
  // Returns true if a handshake has begun that verifies what `tls` requires. If it is false after a
  // success, the library or OpenSSL does not work as this class assumes.
  bool verifies() const { return verifies_; }
  void NoteVerifies() { verifies_ = true; }

 private:
  const std::string& host_;
  MysqlTls tls_;
  bool verifies_ = false;
};

}  // namespace collectors
