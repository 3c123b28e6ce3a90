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

// Reads the answer to one GET as its bytes come (HTTP/1.1, RFC 9112): by length or
// in chunks. Bounded: the head 64 KiB, the body `most_body_bytes`. Throws
// CollectError kProtocol for what is none, and kLimit for what is too large. Pure.
class HttpReader {
 public:
  explicit HttpReader(std::size_t most_body_bytes) : most_body_bytes_(most_body_bytes) {}

  // True once the answer is whole.
  bool Feed(std::string_view bytes);
  // The whole answer.
  HttpReply Take() &&;

 private:
  enum class Phase { kStatus, kHeader, kBody, kChunkSize, kChunk, kChunkEnd, kTrailer, kWhole };

  // Goes on by one line or one piece; false where it needs more bytes.
  bool Step();
  bool TakeBody();
  void OnLine(std::string_view line);
  void OnStatus(std::string_view line);
  void OnHeader(std::string_view line);
  void OnHeadEnd();
  void OnChunkSize(std::string_view line);
  // Expects this many bytes of body more.
  void Expect(std::size_t bytes);

  const std::size_t most_body_bytes_;
  Phase phase_ = Phase::kStatus;
  std::string pending_;  // Came, and is not read yet.
  std::size_t head_bytes_ = 0;
  std::optional<std::size_t> length_;
  bool chunked_ = false;
  std::size_t expected_ = 0;  // Bytes of the body, or of the chunk, that are to come.
  HttpReply reply_;
};

}  // namespace collectors
