#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace collectors {

struct HttpReply {
  int status = 0;
  std::string body;
  bool is_last = false;  // The server closes the connection after it.
};

// Reads the answer to one GET from its bytes as they arrive (HTTP/1.1, RFC 9112), by length or in
// chunks. Bounds: 64 KiB for all lines (head, chunk sizes, trailers), `most_body_bytes` for the
// body. Throws CollectError: kProtocol if the bytes are not a valid answer, kLimit if it is too
// large. Does no I/O.
class HttpReader {
 public:
  explicit HttpReader(std::size_t most_body_bytes) : most_body_bytes_(most_body_bytes) {}

  // Returns true once the answer is complete.
  bool Feed(std::string_view bytes);
  HttpReply Take() &&;

 private:
  enum class Phase { kStatus, kHeader, kBody, kChunkSize, kChunk, kChunkEnd, kTrailer, kWhole };

  // Reads one line or one piece of the body. Returns false if it needs more bytes.
  bool Step();
  bool TakeBody();
  void OnLine(std::string_view line);
  void OnStatus(std::string_view line);
  void OnHeader(std::string_view line);
  void OnHeadEnd();
  void OnChunkSize(std::string_view line);
  // Expects `bytes` more bytes of the body.
  void Expect(std::size_t bytes);

  const std::size_t most_body_bytes_;
  Phase phase_ = Phase::kStatus;
  std::string pending_;  // Received but not yet read.
  std::size_t head_bytes_ = 0;
  std::optional<std::size_t> length_;
  bool chunked_ = false;
  std::size_t expected_ = 0;  // Bytes of the body or of the chunk still to come.
  HttpReply reply_;
};

}  // namespace collectors
