#pragma once

#include <string>

namespace collectors {

// While it lives, every TLS connection that this thread makes asks for `host`
// (SNI), and with `verify` fails in its handshake, before a password is sent,
// unless the certificate is for that host.
//
// libmariadb 3.3 has no place for this: it verifies the name that it looked up
// itself, in a call that heeds no deadline, and we give it an address instead.
// OpenSSL tells of each connection that is made in a process
// (SSL_get_ex_new_index), and takes the host then.
class MysqlTlsHost {
 public:
  MysqlTlsHost(const std::string& host, bool verify);
  ~MysqlTlsHost();
  MysqlTlsHost(const MysqlTlsHost&) = delete;
  MysqlTlsHost& operator=(const MysqlTlsHost&) = delete;

  const std::string& host() const { return host_; }
  bool verify() const { return verify_; }
  // Whether a connection was made that asks for the host.
  bool was_set() const { return was_set_; }
  void NoteSet() { was_set_ = true; }

 private:
  const std::string& host_;
  bool verify_;
  bool was_set_ = false;
};

}  // namespace collectors
