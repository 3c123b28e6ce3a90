// Any contents of Celery's lists and hashes on Redis are read as a message within the bounds, or
// not at all.

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/celery/brokers/redis_message.h"
#include "exporter/seam/utf8.h"
#include "tests/fuzz/require.h"

namespace {

void CheckName(const std::string& name) {
  fuzz::Require(name.size() <= 512, "a name beyond the bound");
  fuzz::Require(exporter::IsUtf8(name), "a name that is not UTF-8");
}

void CheckTime(const std::optional<double>& time) {
  fuzz::Require(std::isfinite(time.value_or(0)), "an eta that is no time");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (const auto head = collectors::ReadTaskMessage(text)) {
    fuzz::Require(!head->delivery_tag.empty(), "a head without a tag");
    CheckName(head->delivery_tag);
    CheckName(head->uuid);
    CheckTime(head->eta);
  }
  if (const auto message = collectors::ReadUnackedMessage(text)) {
    CheckName(message->exchange);
    CheckName(message->routing_key);
    CheckTime(message->eta);
  }
  if (const auto reply = collectors::ReadReplyMessage(text)) {
    fuzz::Require(!reply->ticket.empty(), "a reply without a ticket");
    CheckName(reply->ticket);
    fuzz::Require(reply->body.size() <= size, "a body larger than its message");
  }
  return 0;
}
