#include "collectors/celery/wire/event_decoder.h"

#include <malloc.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <optional>

#include "collectors/celery/wire/content_type.h"
#include "collectors/celery/wire/exception_class.h"
#include "collectors/celery/wire/iso_time.h"
#include "collectors/clients/net/base64.h"

namespace collectors {
namespace {

namespace ondemand = simdjson::ondemand;

// An event has about 1 KB and a batch 24 of them, but a traceback or the text of an exception may
// have any length. simdjson takes up to nine times as much.
constexpr std::size_t kMaxMessage = std::size_t{4} << 20;
// After a larger message the buffers are released: they are several times its size.
constexpr std::size_t kMaxKept = std::size_t{64} << 10;
// After a message of this size, freed memory may stay in the heap until malloc_trim().
constexpr std::size_t kHuge = std::size_t{1} << 20;
constexpr std::size_t kMaxText = 1024;
// Of an exception's text, as much as its class and the name of a task can take.
constexpr std::size_t kMaxException = kMaxText + 200;
// Celery 5.7 also reports a task that raised this as failed.
constexpr std::string_view kReject = "celery.exceptions.Reject";

constexpr std::array<std::string_view, kEventTypes> kTypeNames = {
    "task-sent",     "task-received",    "task-started",   "task-succeeded",
    "task-failed",   "task-rejected",    "task-revoked",   "task-retried",
    "worker-online", "worker-heartbeat", "worker-offline",
};

std::optional<EventType> TypeOf(std::string_view name) {
  const auto* const found = std::find(kTypeNames.begin(), kTypeNames.end(), name);
  if (found == kTypeNames.end()) return std::nullopt;
  return static_cast<EventType>(found - kTypeNames.begin());
}

// JSON, followed by the bytes that simdjson may read beyond its end.
class PaddedText {
 public:
  // Returns room for `size` bytes. The previous content is lost.
  char* Prepare(std::size_t size) {
    if (room_ < size + simdjson::SIMDJSON_PADDING) {
      room_ = std::bit_ceil(size + simdjson::SIMDJSON_PADDING);
      bytes_ = std::make_unique<char[]>(room_);
    }
    return bytes_.get();
  }
  simdjson::padded_string_view View(std::size_t size) const {
    return simdjson::padded_string_view(bytes_.get(), size, room_);
  }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t room_ = 0;
};

// One JSON text at a time with its parser. Views are valid until the next text.
class JsonReader {
 public:
  char* Prepare(std::size_t size) { return text_.Prepare(size); }
  // Opens the first `size` bytes that were written to Prepare().
  simdjson::error_code Open(std::size_t size, ondemand::document& document) {
    if (parser_.capacity() < size) {
      if (const auto error = parser_.allocate(std::bit_ceil(size))) return error;
    }
    return parser_.iterate(text_.View(size)).get(document);
  }

 private:
  PaddedText text_;
  ondemand::parser parser_;
};

// An event whose fields are being read; its type may come last.
struct Draft {
  CeleryEvent event{};
  std::string_view type;
  std::string_view unregistered;  // The task's name, from its exception.
  std::string_view traceback;     // Raw, as in the message.
  bool is_sound = true;
};

// Null is an empty text.
bool ReadText(ondemand::value& value, std::string_view& text) {
  if (value.get_string().get(text) == simdjson::SUCCESS) return text.size() <= kMaxText;
  text = {};
  bool is_null = false;
  return value.is_null().get(is_null) == simdjson::SUCCESS && is_null;
}

// A value that is not a finite number is absent: an odd time costs an observation, not the event.
std::optional<double> ReadNumber(ondemand::value& value) {
  double number = 0;
  if (value.get_double().get(number) != simdjson::SUCCESS || !std::isfinite(number))
    return std::nullopt;
  return number;
}

std::optional<double> ReadTime(ondemand::value& value) {
  std::string_view text;
  if (!ReadText(value, text)) return std::nullopt;
  return ParseIsoTime(text);
}

void TakeException(std::string_view repr, Draft& draft) {
  draft.event.exception = ClassOfRepr(repr);
  draft.unregistered = NameOfUnregistered(repr);
}

// Unescapes the text only if its start needs that: it may be long.
void ReadException(ondemand::value& value, Draft& draft) {
  draft.event.exception = kUnknownException;
  const std::string_view token = value.raw_json_token();
  if (!token.starts_with('"')) return;
  const std::string_view start = token.substr(1, kMaxException);
  if (start.find('\\') > start.find('(')) return TakeException(start, draft);
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) TakeException(text, draft);
}

enum class FieldKind { kType, kText, kNumber, kTime, kException, kTraceback };

struct FieldRule {
  std::string_view key;
  FieldKind kind;
  std::string_view CeleryEvent::*text = nullptr;
  std::optional<double> CeleryEvent::*number = nullptr;
};

constexpr FieldRule Text(std::string_view key, std::string_view CeleryEvent::*text) {
  return {key, FieldKind::kText, text, nullptr};
}

constexpr FieldRule Number(std::string_view key, std::optional<double> CeleryEvent::*number) {
  return {key, FieldKind::kNumber, nullptr, number};
}

// Other fields are skipped.
constexpr FieldRule kFieldRules[] = {
    {"type", FieldKind::kType},
    {"exception", FieldKind::kException},
    {"traceback", FieldKind::kTraceback},
    {"eta", FieldKind::kTime},
    Text("hostname", &CeleryEvent::hostname),
    Text("uuid", &CeleryEvent::uuid),
    Text("name", &CeleryEvent::name),
    Text("queue", &CeleryEvent::queue),
    Number("timestamp", &CeleryEvent::timestamp),
    Number("pid", &CeleryEvent::pid),
    Number("retries", &CeleryEvent::retries),
    Number("runtime", &CeleryEvent::runtime),
    Number("active", &CeleryEvent::active),
    Number("processed", &CeleryEvent::processed),
    Number("freq", &CeleryEvent::freq),
};

void ReadField(const FieldRule& rule, ondemand::value value, Draft& draft) {
  switch (rule.kind) {
    case FieldKind::kType:
      draft.is_sound &= ReadText(value, draft.type);
      break;
    case FieldKind::kText:
      draft.is_sound &= ReadText(value, draft.event.*rule.text);
      break;
    case FieldKind::kNumber:
      draft.event.*rule.number = ReadNumber(value);
      break;
    case FieldKind::kTime:
      draft.event.eta = ReadTime(value);
      break;
    case FieldKind::kException:
      ReadException(value, draft);
      break;
    case FieldKind::kTraceback:
      draft.traceback = value.raw_json_token();
      break;
  }
}

const FieldRule* RuleOf(ondemand::raw_json_string key) {
  for (const FieldRule& rule : kFieldRules) {
    if (*key.raw() == rule.key.front() && key.unsafe_is_equal(rule.key)) return &rule;
  }
  return nullptr;
}

// False if the JSON itself is broken: then nothing behind it can be found.
bool ReadFields(ondemand::object& object, Draft& draft) {
  for (auto found : object) {
    ondemand::field field;
    if (std::move(found).get(field) != simdjson::SUCCESS) return false;
    if (const FieldRule* const rule = RuleOf(field.key())) ReadField(*rule, field.value(), draft);
  }
  return true;
}

void FinishFailure(Draft& draft) {
  CeleryEvent& event = draft.event;
  if (event.exception.empty()) event.exception = kUnknownException;
  if (event.name.empty()) event.name = draft.unregistered;
  if (!HidesClass(event.exception)) return;
  const std::string_view raised = ClassByTraceback(draft.traceback);
  if (raised == kReject) {
    event.type = EventType::kTaskRejected;
    event.exception = {};
  } else if (!raised.empty()) {
    event.exception = BareClass(raised);
  }
}

void Deliver(Draft& draft, EventSink& sink) {
  if (!draft.is_sound || draft.type.empty()) return sink.OnMalformedEvent();
  const auto type = TypeOf(draft.type);
  if (!type) return sink.OnUnknownEvent();
  CeleryEvent& event = draft.event;
  event.type = *type;
  const std::string_view subject = IsTaskEvent(*type) ? event.uuid : event.hostname;
  if (subject.empty()) return sink.OnMalformedEvent();
  // The exception of task-retried is the reason for the retry.
  if (*type == EventType::kTaskFailed)
    FinishFailure(draft);
  else
    event.exception = {};
  sink.OnEvent(event);
}

bool ReadEvent(ondemand::object& object, EventSink& sink) {
  Draft draft;
  if (!ReadFields(object, draft)) return false;
  Deliver(draft, sink);
  return true;
}

bool ReadBatch(ondemand::array& array, EventSink& sink) {
  for (auto found : array) {
    ondemand::object object;
    const auto error = found.get_object().get(object);
    if (error == simdjson::INCORRECT_TYPE)
      sink.OnMalformedEvent();
    else if (error != simdjson::SUCCESS || !ReadEvent(object, sink))
      return false;
  }
  return true;
}

// Nothing may follow the one value of a JSON text.
bool IsAtEnd(ondemand::document& document) {
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

bool ReadBody(ondemand::document& document, EventSink& sink) {
  ondemand::array array;
  const auto error = document.get_array().get(array);
  if (error == simdjson::SUCCESS) return ReadBatch(array, sink) && IsAtEnd(document);
  if (error != simdjson::INCORRECT_TYPE) return false;
  ondemand::object object;
  return document.get_object().get(object) == simdjson::SUCCESS && ReadEvent(object, sink) &&
         IsAtEnd(document);
}

// A message's body as the envelope holds it.
struct Envelope {
  std::string_view body;
  std::string_view content_type;
  bool is_base64 = false;
};

bool ReadProperties(ondemand::value value, Envelope& envelope) {
  ondemand::object properties;
  if (value.get_object().get(properties) != simdjson::SUCCESS) return false;
  for (auto found : properties) {
    ondemand::field field;
    if (std::move(found).get(field) != simdjson::SUCCESS) return false;
    if (!field.key().unsafe_is_equal("body_encoding")) continue;
    std::string_view encoding;
    if (!ReadText(field.value(), encoding)) return false;
    envelope.is_base64 = encoding == "base64";
  }
  return true;
}

// kombu.transport.virtual.base: {"body": text, "properties": {"body_encoding": "base64"}}.
bool ReadEnvelope(ondemand::document& document, Envelope& envelope) {
  ondemand::object object;
  if (document.get_object().get(object) != simdjson::SUCCESS) return false;
  for (auto found : object) {
    ondemand::field field;
    if (std::move(found).get(field) != simdjson::SUCCESS) return false;
    if (field.key().unsafe_is_equal("body")) {
      if (field.value().get_string().get(envelope.body) != simdjson::SUCCESS) return false;
    } else if (field.key().unsafe_is_equal("content-type")) {
      if (!ReadText(field.value(), envelope.content_type)) return false;
    } else if (field.key().unsafe_is_equal("properties")) {
      if (!ReadProperties(field.value(), envelope)) return false;
    }
  }
  return IsAtEnd(document) && !envelope.body.empty();
}

bool ReadPlain(std::string_view message, JsonReader& reader, EventSink& sink) {
  std::memcpy(reader.Prepare(message.size()), message.data(), message.size());
  ondemand::document document;
  return reader.Open(message.size(), document) == simdjson::SUCCESS && ReadBody(document, sink);
}

bool ReadWrapped(std::string_view message, JsonReader& outer, JsonReader& inner, EventSink& sink) {
  std::memcpy(outer.Prepare(message.size()), message.data(), message.size());
  ondemand::document document;
  Envelope envelope;
  if (outer.Open(message.size(), document) != simdjson::SUCCESS ||
      !ReadEnvelope(document, envelope))
    return false;
  if (!IsJson(envelope.content_type)) {
    sink.OnForeignEvents(envelope.content_type);
    return true;
  }
  if (!envelope.is_base64) return ReadPlain(envelope.body, inner, sink);
  const auto size = DecodeBase64(envelope.body, inner.Prepare(envelope.body.size()));
  return size && inner.Open(*size, document) == simdjson::SUCCESS && ReadBody(document, sink);
}

}  // namespace

struct EventDecoder::Buffers {
  JsonReader envelope;
  JsonReader body;
};

EventDecoder::EventDecoder() : buffers_(std::make_unique<Buffers>()) {}
EventDecoder::~EventDecoder() = default;

void EventDecoder::Decode(std::string_view message, Wrapping wrapping, EventSink& sink) {
  if (message.size() > kMaxMessage || message.empty()) return sink.OnMalformedEvent();
  const bool is_whole = wrapping == Wrapping::kPlain
                            ? ReadPlain(message, buffers_->body, sink)
                            : ReadWrapped(message, buffers_->envelope, buffers_->body, sink);
  if (!is_whole) sink.OnMalformedEvent();
  if (message.size() > kMaxKept) buffers_ = std::make_unique<Buffers>();
  if (message.size() > kHuge) ::malloc_trim(0);
}

}  // namespace collectors
