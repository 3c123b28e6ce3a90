#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace collectors {

// Whom to trust, and who we are. The files are PEM, read again at each connection.
struct TlsOptions {
  std::string ca_file = {};    // Empty: the system's authorities.
  std::string cert_file = {};  // Our certificate and its chain; empty for none.
  std::string key_file = {};
  std::string server_name = {};  // What the certificate must be for; empty: the host of the URL.
  bool insecure_skip_verify = false;
};

// One TLS connection (1.2 at least) between two buffers: it touches no socket and
// never waits. Its owner carries the bytes: Output to the server, what the server
// sent to Input. Throws CollectError kConnect, whose text says what is wrong with
// whose certificate. One thread at a time.
class TlsLayer {
 public:
  // `host` is the name or the address that was connected to.
  TlsLayer(const TlsOptions& options, const std::string& host);
  ~TlsLayer();
  TlsLayer(const TlsLayer&) = delete;
  TlsLayer& operator=(const TlsLayer&) = delete;

  // False while it needs more input.
  bool Handshake();
  void Encrypt(std::string_view bytes);
  // How many bytes it put into the buffer; 0 while it needs more input.
  std::size_t Decrypt(std::span<char> buffer);

  // What there is to send.
  std::string Output();
  void Input(std::string_view bytes);

 private:
  struct State;
  // Whether a call that returned `result` only needs input; throws what it failed of.
  bool NeedsInput(int result) const;

  std::unique_ptr<State> state_;
};

}  // namespace collectors
