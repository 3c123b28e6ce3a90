#include "collectors/clients/mysql_tls_host.h"

#include <mysql.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <new>

namespace collectors {
namespace {

// Libmariadb 3.4 collects what is wrong with a certificate instead of ending the
// handshake, and has a host of its own: there this file must be read again.
static_assert(MARIADB_PACKAGE_VERSION_ID < 30400);

thread_local MysqlTlsHost* current = nullptr;

bool IsAddress(const std::string& host) {
  ASN1_OCTET_STRING* const address = ::a2i_IPADDRESS(host.c_str());
  ::ASN1_OCTET_STRING_free(address);
  return address != nullptr;
}

bool SetHost(SSL* tls, const MysqlTlsHost& wanted) {
  const char* const host = wanted.host().c_str();
  // SNI has names only.
  if (!IsAddress(wanted.host()) && SSL_set_tlsext_host_name(tls, host) != 1) return false;
  return !wanted.verify() || ::SSL_set1_host(tls, host) == 1;
}

void OnNewConnection(void* parent, void*, CRYPTO_EX_DATA*, int, long, void*) {
  if (current != nullptr && SetHost(static_cast<SSL*>(parent), *current)) current->NoteSet();
}

void AskOpenSslToTell() {
  static const int index = SSL_get_ex_new_index(0, nullptr, &OnNewConnection, nullptr, nullptr);
  if (index < 0) throw std::bad_alloc();
}

}  // namespace

MysqlTlsHost::MysqlTlsHost(const std::string& host, bool verify) : host_(host), verify_(verify) {
  AskOpenSslToTell();
  current = this;
}

MysqlTlsHost::~MysqlTlsHost() { current = nullptr; }

}  // namespace collectors
