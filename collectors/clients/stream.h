#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "collectors/clients/resolve.h"
#include "collectors/clients/tls.h"
#include "exporter/collector.h"

namespace collectors {

// A connected TCP or Unix socket, by TLS where it was started. Every call ends by context.deadline
// and is under context.watchdog while it waits. Throws CollectError: kTimeout when the deadline
// came first, kConnect for all else, the end of the stream included. After an exception the stream
// is of no use. One thread at a time.
class Stream {
 public:
  // Tries each address of the host in turn; none but the last may use up all
  // the time that is left.
  static Stream Connect(const exporter::CollectContext& context, const std::string& host,
                        std::uint16_t port);
  static Stream ConnectUnix(const exporter::CollectContext& context, const std::string& path);

  ~Stream();
  Stream(Stream&& other) noexcept;
  Stream& operator=(Stream&&) = delete;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Speaks TLS from here on; `host` is what was connected to.
  void StartTls(const exporter::CollectContext& context, const TlsOptions& options,
                const std::string& host);

  // Writes all of it.
  void Write(const exporter::CollectContext& context, std::string_view bytes);
  // Throws where something came that nobody has asked for, or the end of the
  // stream. Does not wait.
  void ExpectSilence(const exporter::CollectContext& context);
  // Waits for at least one byte; returns how many came.
  std::size_t Read(const exporter::CollectContext& context, std::span<char> buffer);

 private:
  Stream(const exporter::CollectContext& context, const SocketAddress& address);
  void FinishConnect(const exporter::CollectContext& context);
  void Send(const exporter::CollectContext& context, std::string_view bytes);
  std::size_t Receive(const exporter::CollectContext& context, std::span<char> buffer);
  bool HasInput() const;
  // Sends what TLS has to send, and gives it more of what the server says.
  void FeedTls(const exporter::CollectContext& context);
  // Waits until the socket is ready for `events`.
  void Await(const exporter::CollectContext& context, short events) const;

  int fd_;
  std::unique_ptr<TlsLayer> tls_;  // Null where the bytes go as they are.
};

}  // namespace collectors
