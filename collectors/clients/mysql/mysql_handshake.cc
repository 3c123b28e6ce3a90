#include "collectors/clients/mysql/mysql_handshake.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <new>

namespace collectors {
namespace {

thread_local MysqlHandshake* current = nullptr;

bool IsAddress(const std::string& host) {
  ASN1_OCTET_STRING* const address = ::a2i_IPADDRESS(host.c_str());
  ::ASN1_OCTET_STRING_free(address);
  return address != nullptr;
}

// libmariadb 3.4's own callback accepts every certificate here.
int EndIfBad(int good, X509_STORE_CTX*) { return good; }
int EndAlways(int, X509_STORE_CTX*) { return 0; }

bool SetHost(SSL* tls, const MysqlHandshake& wanted) {
  const char* const host = wanted.host().c_str();
  const char* const name = IsAddress(wanted.host()) ? nullptr : host;  // SNI has no addresses.
  if (SSL_set_tlsext_host_name(tls, name) != 1) return false;
  return wanted.tls() != MysqlTls::kVerifyIdentity || ::SSL_set1_host(tls, host) == 1;
}

void Prepare(SSL* tls, MysqlHandshake& wanted) {
  const bool verify = wanted.tls() >= MysqlTls::kVerifyCa;
  if (!SetHost(tls, wanted)) return ::SSL_set_verify(tls, SSL_VERIFY_PEER, &EndAlways);
  if (!verify) return;
  ::SSL_set_verify(tls, SSL_VERIFY_PEER, &EndIfBad);
  wanted.NoteVerifies();
}

void OnEvent(const SSL* tls, int event, int) {
  if (event != SSL_CB_HANDSHAKE_START || current == nullptr) return;
  Prepare(const_cast<SSL*>(tls), *current);  // Const only here: the library made it mutable.
}

void OnNewContext(void* parent, void*, CRYPTO_EX_DATA*, int, long, void*) {
  if (current != nullptr) ::SSL_CTX_set_info_callback(static_cast<SSL_CTX*>(parent), &OnEvent);
}

// OpenSSL also reports a new SSL object, but in OpenSSL 3.5 that object cannot take a host yet.
void HearOfNewContexts() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, &OnNewContext, nullptr, nullptr);
  if (index < 0) throw std::bad_alloc();
}

}  // namespace

MysqlHandshake::MysqlHandshake(const std::string& host, MysqlTls tls) : host_(host), tls_(tls) {
  HearOfNewContexts();
  current = this;
}

MysqlHandshake::~MysqlHandshake() { current = nullptr; }

}  // namespace collectors
