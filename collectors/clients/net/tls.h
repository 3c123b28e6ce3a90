#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace collectors {

// The authorities to trust, and our own certificate. The files are PEM and read again for each
// connection.
struct TlsOptions {
  std::string ca_file = {};    // Empty: the system's authorities.
  std::string cert_file = {};  // Our certificate and its chain; empty: none.
  std::string key_file = {};
  std::string server_name = {};  // The certificate must be for this name; empty: the URL's host.
  bool insecure_skip_verify = false;
  bool skip_host_check = false;  // An authority must have signed the certificate, for any host.
};

// One TLS connection (at least TLS 1.2) between two buffers. It uses no socket and never waits. The
// owner carries the bytes: Output() to the server, the server's bytes to Input(). Throws
// CollectError kConnect; its text says which certificate is wrong, the server's or ours, and why.
// One thread at a time.
class TlsLayer {
 public:
  // `host` is the name or the address that was connected to.
  TlsLayer(const TlsOptions& options, const std::string& host);
  ~TlsLayer();
  TlsLayer(const TlsLayer&) = delete;
  TlsLayer& operator=(const TlsLayer&) = delete;

  // Returns false while it needs more input.
  bool Handshake();
  void Encrypt(std::string_view bytes);
  // Returns the number of bytes written to the buffer; 0 while it needs more input.
  std::size_t Decrypt(std::span<char> buffer);

  // Returns the bytes to send, and removes them.
  std::string Output();
  void Input(std::string_view bytes);

 private:
  struct State;
  // Returns true if the call that returned `result` needs more input; otherwise throws its error.
  bool NeedsInput(int result) const;

  std::unique_ptr<State> state_;
};

}  // namespace collectors
