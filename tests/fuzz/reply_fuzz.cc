// A Redis server's bytes are replies within the bounds, or are refused as kProtocol or kLimit. The
// result is the same for any division of the bytes into pieces.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/clients/redis/reply_reader.h"
#include "exporter/seam/collector.h"
#include "tests/fuzz/require.h"

namespace {

using collectors::RedisReply;
using collectors::ReplyBounds;
using collectors::ReplyReader;

constexpr std::size_t kPieces = 4;  // The input's first bytes are their lengths.
constexpr ReplyBounds kBounds = {.bytes = 4096, .elements = 64, .line = 4096};
constexpr int kDeepest = 8;

struct Answer {
  std::vector<RedisReply> replies;
  bool refused = false;
};

// Returns all replies in bytes that arrive in pieces of lengths[n % size] + 1 bytes.
Answer Read(std::string_view bytes, std::basic_string_view<std::uint8_t> lengths) {
  Answer answer;
  ReplyReader reader(kBounds);
  try {
    reader.Begin();
    for (std::size_t n = 0; !bytes.empty(); ++n) {
      const std::size_t wanted = lengths.empty() ? bytes.size() : lengths[n % lengths.size()] + 1u;
      const std::string_view piece = bytes.substr(0, wanted);
      bytes.remove_prefix(piece.size());
      reader.Feed(piece);
      while (auto reply = reader.Next()) answer.replies.push_back(*std::move(reply));
    }
  } catch (const exporter::CollectError& error) {
    fuzz::Require(error.kind() == exporter::ErrorKind::kProtocol ||
                      error.kind() == exporter::ErrorKind::kLimit,
                  "a kind other than protocol and limit");
    answer.refused = true;
  }
  return answer;
}

struct Size {
  std::size_t bytes = 0;
  std::size_t elements = 0;
};

void Measure(const RedisReply& reply, int depth, Size& size) {
  fuzz::Require(depth <= kDeepest, "a reply nested too deep");
  size.bytes += reply.text.size();
  size.elements += reply.items.size();
  for (const RedisReply& item : reply.items) Measure(item, depth + 1, size);
}

bool AreSame(const RedisReply& a, const RedisReply& b) {
  return a.type == b.type && a.text == b.text && a.integer == b.integer &&
         std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), AreSame);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < kPieces) return 0;
  const std::string_view text(reinterpret_cast<const char*>(bytes) + kPieces, size - kPieces);
  const Answer pieces = Read(text, {bytes, kPieces});
  Size total;
  for (const RedisReply& reply : pieces.replies) Measure(reply, 0, total);
  fuzz::Require(total.bytes <= kBounds.bytes, "more bytes than the bound");
  fuzz::Require(total.elements <= kBounds.elements, "more elements than the bound");
  if (text.size() > kBounds.bytes) {
    fuzz::Require(pieces.refused, "more bytes than the bound, and not refused");
    return 0;  // As a whole they are refused before the first reply is read.
  }
  const Answer whole = Read(text, {});
  fuzz::Require(whole.refused == pieces.refused, "refused in pieces or whole alone");
  fuzz::Require(std::equal(whole.replies.begin(), whole.replies.end(), pieces.replies.begin(),
                           pieces.replies.end(), AreSame),
                "other replies in pieces than whole");
  return 0;
}
