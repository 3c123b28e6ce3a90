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
  // What came that nobody has asked for, or the beginning of it; empty if nothing did.
  // Throws at the end of the stream. Does not wait.
  std::string Unasked(const exporter::CollectContext& context);
  // Throws if something came that nobody has asked for, or the end of the stream. Does
  // not wait.
  void ExpectSilence(const exporter::CollectContext& context);
  // After a failure: what the peer sent before it and nobody has read, 4 KiB at most. A
  // server that turns a client away says why, and closes. Does not wait.
  std::string LastWords() noexcept;
  // Waits for at least one byte; returns how many came.
  std::size_t Read(const exporter::CollectContext& context, std::span<char> buffer);
  // The same, but waits no longer than `until`, which comes before context.deadline;
  // returns 0 where nothing came by then, and the stream is as good as before. From
  // the moment that something is there its reading has the time between the two at least: a
  // process that was stopped meanwhile reads what came, however late it is.
  std::size_t ReadUntil(const exporter::CollectContext& context, exporter::Deadline until,
                        std::span<char> buffer);
  // Sends what goes out at once of a goodbye, and waits up to `patience` until the
  // peer has said `answer` (not empty) or has closed, dropping all else: closed with
  // something unread, the kernel resets the connection, perhaps before the peer has
  // read the goodbye. The stream is of no use then.
  void Part(std::string_view goodbye, std::string_view answer,
            std::chrono::milliseconds patience) noexcept;

 private:
  Stream(const exporter::CollectContext& context, const SocketAddress& address);
  void FinishConnect(const exporter::CollectContext& context);
  void Send(const exporter::CollectContext& context, std::string_view bytes);
  std::size_t Receive(const exporter::CollectContext& context, std::span<char> buffer);
  bool HasInput() const;
  // Appends what has come; false at the end of the stream.
  bool Overhear(std::string& heard);
  // Sends what TLS has to send, and gives it more of what the server says.
  void FeedTls(const exporter::CollectContext& context);
  // Waits until the socket is ready for `events`; false where it is not by `until`.
  bool IsReady(const exporter::CollectContext& context, short events,
               exporter::Deadline until) const;
  // The same by the deadline; throws where it comes first.
  void Await(const exporter::CollectContext& context, short events) const;

  int fd_;
  std::unique_ptr<TlsLayer> tls_;  // Null where the bytes go as they are.
};

}  // namespace collectors
