#include "collectors/clients/net/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <system_error>

#include "exporter/seam/collector.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;

[[noreturn]] void Fail(const std::string& what) { throw CollectError(ErrorKind::kConnect, what); }

// The reason of OpenSSL's first error; the others follow from it. The text is a fixed one of the
// library or the system and holds no input.
std::string Reason() {
  const unsigned long code = ::ERR_peek_error();
  if (ERR_SYSTEM_ERROR(code)) {
    ::ERR_clear_error();
    return std::generic_category().message(ERR_GET_REASON(code));
  }
  const char* const reason = ::ERR_reason_error_string(code);
  ::ERR_clear_error();
  return reason == nullptr ? "unknown reason" : reason;
}

struct FreeContext {
  void operator()(SSL_CTX* context) const { ::SSL_CTX_free(context); }
};
struct FreeConnection {
  void operator()(SSL* connection) const { ::SSL_free(connection); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;

// A key with a pass phrase is refused. Without this callback OpenSSL asks for it on the terminal.
int NoPassPhrase(char*, int, int, void*) { return 0; }

void Trust(SSL_CTX* context, const TlsOptions& options) {
  if (options.insecure_skip_verify) return;
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (options.ca_file.empty()) {
    ::SSL_CTX_set_default_verify_paths(context);
  } else if (::SSL_CTX_load_verify_file(context, options.ca_file.c_str()) != 1) {
    Fail("TLS: cannot read the ca_file " + options.ca_file + ": " + Reason());
  }
}

void Present(SSL_CTX* context, const TlsOptions& options) {
  if (options.cert_file.empty()) return;
  ::SSL_CTX_set_default_passwd_cb(context, NoPassPhrase);
  if (::SSL_CTX_use_certificate_chain_file(context, options.cert_file.c_str()) != 1) {
    Fail("TLS: cannot read the cert_file " + options.cert_file + ": " + Reason());
  }
  if (::SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    Fail("TLS: cannot use the key_file " + options.key_file + ": " + Reason());
  }
}

Context MakeContext(const TlsOptions& options) {
  ::ERR_clear_error();
  Context context(::SSL_CTX_new(::TLS_client_method()));
  if (context == nullptr) Fail("TLS: " + Reason());
  ::SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  Trust(context.get(), options);
  Present(context.get(), options);
  return context;
}

bool IsAddress(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes;
  return ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

// Sets the name that the server's certificate must match.
void ExpectName(SSL* connection, const std::string& host) {
  if (IsAddress(host)) {
    ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(connection), host.c_str());
  } else {
    ::SSL_set1_host(connection, host.c_str());
  }
}

// An address is not sent as the server name (RFC 6066 forbids it).
void SendName(SSL* connection, const std::string& host) {
  if (!IsAddress(host)) ::SSL_set_tlsext_host_name(connection, host.c_str());
}

// Our texts for OpenSSL's reasons. The first reason that occurs in the error counts.
struct Meaning {
  std::string_view reason;
  std::string_view text;
};
constexpr Meaning kMeanings[] = {
    {"wrong version number", "the server speaks no TLS on this port"},
    {"packet length too long", "the server speaks no TLS on this port"},
    {"http request", "the server speaks no TLS on this port"},
    {"certificate required", "the server wants a certificate of ours: tls.cert_file and key_file"},
    {"bad certificate", "the server refused our certificate, or wants one"},
    {"handshake failure", "the server refused the handshake; it may want a certificate of ours"},
    {"unknown ca", "the server does not know the authority of our certificate"},
    {"certificate expired", "the server says that our certificate has expired"},
    {"unsupported protocol", "the server speaks no TLS of version 1.2 or later"},
    {"protocol version", "the server speaks no TLS of version 1.2 or later"},
};

std::string TextOf(const std::string& reason) {
  for (const Meaning& meaning : kMeanings) {
    if (reason.find(meaning.reason) != std::string::npos) {
      return std::string(meaning.text) + " (" + reason + ")";
    }
  }
  return reason;
}

bool IsOfUnknownAuthority(long verified) {
  return verified == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
         verified == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
         verified == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
}

}  // namespace

struct TlsLayer::State {
  std::string name;  // The server's certificate must match it.
  std::unique_ptr<SSL, FreeConnection> connection;
  BIO* input;  // Owned by the connection, as is output.
  BIO* output;
};

TlsLayer::TlsLayer(const TlsOptions& options, const std::string& host)
    : state_(std::make_unique<State>()) {
  const Context context = MakeContext(options);
  state_->name = options.server_name.empty() ? host : options.server_name;
  state_->connection.reset(::SSL_new(context.get()));
  if (state_->connection == nullptr) Fail("TLS: " + Reason());
  state_->input = ::BIO_new(::BIO_s_mem());
  state_->output = ::BIO_new(::BIO_s_mem());
  ::SSL_set_bio(state_->connection.get(), state_->input, state_->output);
  ::SSL_set_connect_state(state_->connection.get());
  if (!options.skip_host_check) ExpectName(state_->connection.get(), state_->name);
  SendName(state_->connection.get(), state_->name);
}

TlsLayer::~TlsLayer() = default;

bool TlsLayer::NeedsInput(int result) const {
  const int error = ::SSL_get_error(state_->connection.get(), result);
  if (error == SSL_ERROR_WANT_READ) return true;
  if (error == SSL_ERROR_ZERO_RETURN) Fail("the server closed the connection");
  const long verified = ::SSL_get_verify_result(state_->connection.get());
  if (verified != X509_V_OK && ::SSL_get_verify_mode(state_->connection.get()) != SSL_VERIFY_NONE) {
    ::ERR_clear_error();
    Fail("TLS: the server's certificate is not good for host " + state_->name + ": " +
         ::X509_verify_cert_error_string(verified) +
         (IsOfUnknownAuthority(verified) ? " (tls.ca_file names whom to trust)" : ""));
  }
  Fail("TLS: " + TextOf(Reason()));
}

bool TlsLayer::Handshake() {
  ::ERR_clear_error();
  const int result = ::SSL_do_handshake(state_->connection.get());
  return result == 1 || !NeedsInput(result);
}

void TlsLayer::Encrypt(std::string_view bytes) {
  while (!bytes.empty()) {
    ::ERR_clear_error();
    std::size_t taken = 0;
    const int result = ::SSL_write_ex(state_->connection.get(), bytes.data(), bytes.size(), &taken);
    // The memory buffer takes every byte, and no TLS version used here renegotiates without a
    // request.
    if (result != 1 && NeedsInput(result)) Fail("TLS: the server wants to renegotiate");
    bytes.remove_prefix(taken);
  }
}

std::size_t TlsLayer::Decrypt(std::span<char> buffer) {
  ::ERR_clear_error();
  std::size_t got = 0;
  const int result = ::SSL_read_ex(state_->connection.get(), buffer.data(), buffer.size(), &got);
  if (result != 1) NeedsInput(result);
  return got;
}

std::string TlsLayer::Output() {
  std::string bytes(::BIO_ctrl_pending(state_->output), '\0');
  std::size_t got = 0;
  if (!bytes.empty()) ::BIO_read_ex(state_->output, bytes.data(), bytes.size(), &got);
  bytes.resize(got);
  return bytes;
}

void TlsLayer::Input(std::string_view bytes) {
  std::size_t taken = 0;
  ::BIO_write_ex(state_->input, bytes.data(), bytes.size(), &taken);
}

}  // namespace collectors
