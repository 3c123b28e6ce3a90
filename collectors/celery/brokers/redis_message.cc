#include "collectors/celery/brokers/redis_message.h"

#include <simdjson.h>

#include <utility>

#include "collectors/celery/wire/iso_time.h"
#include "collectors/clients/net/base64.h"

namespace collectors {
namespace {

namespace ondemand = simdjson::ondemand;

// Of queues and exchanges, and of ids.
constexpr std::size_t kMaxName = 512;

// The fields of a message that are read, as views into its parser.
struct Fields {
  std::string_view body;
  std::string_view content_type;
  std::string_view id;
  std::string_view ticket;
  std::string_view eta;
  std::string_view body_encoding;
  std::string_view delivery_tag;
};

struct Place {
  std::string_view name;
  std::string_view Fields::*field;
};

constexpr Place kHeaders[] = {
    {"id", &Fields::id}, {"ticket", &Fields::ticket}, {"eta", &Fields::eta}};
constexpr Place kProperties[] = {{"body_encoding", &Fields::body_encoding},
                                 {"delivery_tag", &Fields::delivery_tag}};

// Reads texts that have a place. Skips other types, such as an eta of null.
template <typename Places>
void ReadTexts(ondemand::value& value, const Places& places, Fields& fields) {
  for (auto field : value.get_object()) {
    const std::string_view key = field.unescaped_key();
    for (const Place& place : places) {
      if (key != place.name) continue;
      ondemand::value content = field.value();
      if (content.type() != ondemand::json_type::string) continue;
      const std::string_view text = content.get_string();
      if (text.size() <= kMaxName) fields.*place.field = text;
    }
  }
}

Fields ReadFields(ondemand::object object, bool wants_body) {
  Fields fields;
  for (auto field : object) {
    const std::string_view key = field.unescaped_key();
    ondemand::value content = field.value();
    if (key == "headers") {
      ReadTexts(content, kHeaders, fields);
    } else if (key == "properties") {
      ReadTexts(content, kProperties, fields);
    } else if (wants_body && key == "body") {
      fields.body = content.get_string();
    } else if (key == "content-type" && content.type() == ondemand::json_type::string) {
      fields.content_type = content.get_string();
    }
  }
  return fields;
}

// Runs read(document); views are valid during the call. Absent if the text is not JSON of the form
// that `read` expects.
template <typename Read>
auto Parse(std::string_view text, const Read& read)
    -> decltype(read(std::declval<ondemand::document&>())) try {
  const simdjson::padded_string padded(text);
  ondemand::parser parser;
  ondemand::document document = parser.iterate(padded);
  return read(document);
} catch (const simdjson::simdjson_error&) {
  return std::nullopt;
}

}  // namespace

std::optional<QueueHead> ReadTaskMessage(std::string_view message) {
  return Parse(message, [](ondemand::document& document) -> std::optional<QueueHead> {
    const Fields fields = ReadFields(document.get_object(), /*wants_body=*/false);
    if (fields.delivery_tag.empty()) return std::nullopt;
    return QueueHead{std::string(fields.delivery_tag), std::string(fields.id),
                     ParseIsoTime(fields.eta)};
  });
}

std::optional<UnackedMessage> ReadUnackedMessage(std::string_view value) {
  return Parse(value, [](ondemand::document& document) -> std::optional<UnackedMessage> {
    UnackedMessage message;
    std::size_t elements = 0;
    for (auto element : document.get_array()) {
      ondemand::value content = element.value();
      if (elements == 0) {
        message.eta = ParseIsoTime(ReadFields(content.get_object(), /*wants_body=*/false).eta);
      } else {
        const std::string_view name = content.get_string();
        if (name.size() > kMaxName) return std::nullopt;
        (elements == 1 ? message.exchange : message.routing_key) = name;
      }
      ++elements;
    }
    if (elements != 3) return std::nullopt;
    return message;
  });
}

std::optional<ControlReply> ReadReplyMessage(std::string_view message) {
  return Parse(message, [](ondemand::document& document) -> std::optional<ControlReply> {
    const Fields fields = ReadFields(document.get_object(), /*wants_body=*/true);
    if (fields.ticket.empty()) return std::nullopt;
    ControlReply reply{std::string(fields.ticket), std::string(fields.body), "",
                       std::string(fields.content_type.substr(0, kMaxName))};
    if (fields.body_encoding != "base64") return reply;
    auto decoded = DecodedBase64(fields.body);
    if (!decoded) return std::nullopt;
    reply.body = *std::move(decoded);
    return reply;
  });
}

}  // namespace collectors
