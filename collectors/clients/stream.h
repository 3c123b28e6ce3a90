#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "collectors/clients/resolve.h"
#include "exporter/collector.h"

namespace collectors {

// A connected TCP or Unix socket. Every call ends by context.deadline and is
// under context.watchdog while it waits. Throws CollectError: kTimeout when the
// deadline came first, kConnect for all else, the end of the stream included.
// After an exception the stream is of no use. One thread at a time.
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

  // Writes all of it.
  void Write(const exporter::CollectContext& context, std::string_view bytes);
  // Waits for at least one byte; returns how many came.
  std::size_t Read(const exporter::CollectContext& context, std::span<char> buffer);

 private:
  Stream(const exporter::CollectContext& context, const SocketAddress& address);
  void FinishConnect(const exporter::CollectContext& context);
  // Waits until the socket is ready for `events`.
  void Await(const exporter::CollectContext& context, short events) const;

  int fd_;
};

}  // namespace collectors
