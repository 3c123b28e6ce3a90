// An HTTP server's bytes are one answer within its bounds or are refused. The answer is the same
// for any division of the bytes into pieces. A body is read as RabbitMQ's queues, or refused.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "collectors/clients/http/http_reader.h"
#include "collectors/queue/rabbitmq/rabbitmq_answer.h"
#include "exporter/seam/collector.h"
#include "tests/fuzz/require.h"

namespace {

using collectors::HttpReader;
using collectors::HttpReply;
using exporter::CollectError;
using exporter::ErrorKind;

constexpr std::size_t kMostBodyBytes = 4096;

struct Answer {
  std::optional<HttpReply> reply;
  bool refused = false;
};

// Stops at the first complete answer, as a session does: more bytes in the same piece are refused,
// more bytes in a later piece are not read.
Answer Read(std::string_view bytes, std::size_t piece) {
  HttpReader reader(kMostBodyBytes);
  try {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
      if (reader.Feed(bytes.substr(0, piece))) return {std::move(reader).Take(), false};
    }
  } catch (const CollectError& error) {
    fuzz::Require(error.kind() == ErrorKind::kProtocol || error.kind() == ErrorKind::kLimit,
                  "a kind that is neither protocol nor limit");
    fuzz::Require(std::string_view(error.what()).size() < 200, "a refusal without a bound");
    return {std::nullopt, true};
  }
  return {};
}

template <typename Parse>
void ExpectQueuesOrRefusal(const Parse& parse, const std::string& body) {
  try {
    parse(body);
  } catch (const CollectError& error) {
    fuzz::Require(error.kind() == ErrorKind::kProtocol, "a kind other than protocol");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const Answer whole = Read(text, std::max<std::size_t>(size, 1));
  const Answer pieces = Read(text, 1);
  if (whole.reply) {
    fuzz::Require(pieces.reply && pieces.reply->status == whole.reply->status &&
                      pieces.reply->body == whole.reply->body &&
                      pieces.reply->is_last == whole.reply->is_last,
                  "another answer in pieces than whole");
  }
  if (pieces.refused) fuzz::Require(whole.refused, "refused in pieces alone");
  if (!pieces.reply) return 0;
  fuzz::Require(pieces.reply->body.size() <= kMostBodyBytes, "more bytes than the bound");
  ExpectQueuesOrRefusal(collectors::ReadRabbitmqPage, pieces.reply->body);
  ExpectQueuesOrRefusal(collectors::ReadRabbitmqQueue, pieces.reply->body);
  return 0;
}
