#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "collectors/clients/net/resolve.h"
#include "collectors/clients/net/tls.h"
#include "exporter/seam/collector.h"

namespace collectors {

// A connected TCP or Unix socket, with TLS after StartTls(). Every call ends by context.deadline;
// context.watchdog guards the socket while the call waits. Throws CollectError: kTimeout if the
// deadline has passed, otherwise kConnect, also at the end of the stream. After an exception the
// stream must not be used. One thread at a time.
class Stream {
 public:
  // Tries the host's addresses in turn. Only the last one may use all of the remaining time.
  static Stream Connect(const exporter::CollectContext& context, const std::string& host,
                        std::uint16_t port);
  static Stream ConnectUnix(const exporter::CollectContext& context, const std::string& path);

  ~Stream();
  Stream(Stream&& other) noexcept;
  Stream& operator=(Stream&&) = delete;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Switches to TLS. `host` is the host that was connected to.
  void StartTls(const exporter::CollectContext& context, const TlsOptions& options,
                const std::string& host);

  // Writes all of the bytes.
  void Write(const exporter::CollectContext& context, std::string_view bytes);
  // Returns input that arrived without a request, or its beginning; empty if there is none. Throws
  // at the end of the stream. Does not wait.
  std::string Unasked(const exporter::CollectContext& context);
  // Throws if input arrived without a request, and at the end of the stream. Does not wait.
  void ExpectSilence(const exporter::CollectContext& context);
  // After a failure: returns input that the peer sent before it and that was not read, at most 4
  // KiB. A server that refuses a client sends the reason and closes. Does not wait.
  std::string LastWords() noexcept;
  // Waits for at least one byte. Returns the number of bytes read.
  std::size_t Read(const exporter::CollectContext& context, std::span<char> buffer);
  // Like Read(), but waits no longer than `until`, which comes before context.deadline. Returns 0
  // if nothing arrived by then; the stream remains usable. Once data arrives, reading gets at least
  // (context.deadline - until): a process that was stopped meanwhile still reads what arrived,
  // however late.
  std::size_t ReadUntil(const exporter::CollectContext& context, exporter::Deadline until,
                        std::span<char> buffer);
  // Sends as much of the goodbye as the socket takes at once, then waits up to `patience` until the
  // peer has sent `answer` (not empty) or has closed. Drops all other input: if the socket were
  // closed with unread input, the kernel would reset the connection, perhaps before the peer has
  // read the goodbye. Afterwards the stream must not be used.
  void Part(std::string_view goodbye, std::string_view answer,
            std::chrono::milliseconds patience) noexcept;

 private:
  Stream(const exporter::CollectContext& context, const SocketAddress& address);
  void FinishConnect(const exporter::CollectContext& context);
  void Send(const exporter::CollectContext& context, std::string_view bytes);
  std::size_t Receive(const exporter::CollectContext& context, std::span<char> buffer);
  bool HasInput() const;
  // Appends what has arrived. Returns false if nothing could be read: at the end of the stream or
  // on an error.
  bool Overhear(std::string& heard);
  // Sends the pending TLS output, then reads more input for TLS.
  void FeedTls(const exporter::CollectContext& context);
  // Waits until the socket is ready for `events`. Returns false if it is not ready by `until`.
  bool IsReady(const exporter::CollectContext& context, short events,
               exporter::Deadline until) const;
  // Like IsReady() with the deadline as `until`, but throws kTimeout if it passes.
  void Await(const exporter::CollectContext& context, short events) const;

  int fd_;
  std::unique_ptr<TlsLayer> tls_;  // Null without TLS.
};

}  // namespace collectors
