#include "collectors/redis/keys/key_probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "exporter/config/yaml_reader.h"

namespace collectors {

using exporter::ErrorKind;
using Type = RedisReply::Type;

// A type, as TYPE names it, and the command that returns its size.
struct KeyShape {
  std::string_view type;
  std::string_view command;
};

namespace {

// A HyperLogLog is a string that begins with this magic and an encoding, in a header of 16 bytes
// (src/hyperloglog.c). Its size is its cardinality, by PFCOUNT. On any other string PFCOUNT would
// be an error, which the server counts.
constexpr std::string_view kHllMagic = "HYLL";
constexpr std::size_t kHllHeader = 16;
constexpr unsigned char kLastHllEncoding = 1;
constexpr KeyShape kHyperLogLog = {"string", "PFCOUNT"};
constexpr KeyShape kShapes[] = {
    {"string", "STRLEN"}, {"list", "LLEN"},   {"set", "SCARD"},     {"zset", "ZCARD"},
    {"hash", "HLEN"},     {"stream", "XLEN"}, {"array", "ARCOUNT"},  // Redis 8.8.
};
constexpr const KeyShape* kString = kShapes;

// Enough for INCRBYFLOAT, which writes up to 17 decimals.
constexpr std::size_t kLongestNumber = 64;
// How much to fetch of a string of any length.
constexpr std::size_t kStartBytes = 128;
constexpr std::size_t kShownErrorBytes = 200;
constexpr std::string_view kWrongType = "WRONGTYPE";

constexpr std::string_view kTooLong = "it is too long for a number, and is not fetched";

bool IsHyperLogLog(std::string_view start) {
  return start.size() >= kHllHeader && start.starts_with(kHllMagic) &&
         static_cast<unsigned char>(start[kHllMagic.size()]) <= kLastHllEncoding;
}

bool IsExpected(KeyQuestion question, Type type) {
  switch (question) {
    case KeyQuestion::kType:
      return type == Type::kStatus;
    case KeyQuestion::kRange:
      return type == Type::kString;
    case KeyQuestion::kGet:
    case KeyQuestion::kField:
      return type == Type::kString || type == Type::kNil;
    case KeyQuestion::kMemory:
      return type == Type::kInteger || type == Type::kNil;
    default:
      return type == Type::kInteger;
  }
}

}  // namespace

std::optional<double> KeyNumber(std::string_view text) {
  if (text.find_first_not_of("0123456789.-+eE") != std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

void KeyProbe::Begin(KeyTroubles& troubles) {
  facts_ = {};
  is_failed_ = is_memory_known_ = saw_empty_ = saw_wrong_type_ = false;
  if (fetch_ != Fetch::kNever) return;
  // A pattern's key is looked at again by a walk. A single key has no walk, so try it every time.
  if (entry_->pattern) {
    Unfit(*never_, troubles);
  } else {
    Distrust();
  }
}

void KeyProbe::Distrust() {
  fetch_ = Fetch::kUnchecked;
  shape_ = nullptr;
  is_long_ = false;
}

std::vector<KeyQuestion> KeyProbe::Open() const {
  using enum KeyQuestion;
  if (is_failed_ || facts_.state == KeyState::kGone || facts_.state == KeyState::kUnfit) return {};
  switch (entry_->value) {
    case KeyValue::kString:
      if (entry_->pattern) return OpenWhole(kStrLen, kGet);
      if (facts_.state == KeyState::kThere) return {};
      return {kExists, kRange};
    case KeyValue::kHash:
      return OpenWhole(kFieldLen, kField);
    case KeyValue::kLength:
      return OpenSize();
    default:
      break;
  }
  std::vector<KeyQuestion> open;
  if (!is_memory_known_) open.push_back(kMemory);
  if (entry_->value == KeyValue::kAll) std::ranges::copy(OpenSize(), std::back_inserter(open));
  return open;
}

std::vector<KeyQuestion> KeyProbe::OpenWhole(KeyQuestion length, KeyQuestion whole) const {
  if (facts_.state == KeyState::kThere) return {};
  return {fetch_ == Fetch::kSmall ? whole : length};
}

std::vector<KeyQuestion> KeyProbe::OpenSize() const {
  using enum KeyQuestion;
  if (facts_.state == KeyState::kThere) return {};
  if (shape_ == nullptr) return {kType};
  if (shape_ != kString) return {kSize};
  if (is_long_) return {kRange, kStrLen};
  return {kRange};
}

RedisCommand KeyProbe::CommandOf(KeyQuestion question) const {
  switch (question) {
    case KeyQuestion::kExists:
      return {"EXISTS", key_};
    case KeyQuestion::kType:
      return {"TYPE", key_};
    case KeyQuestion::kRange:
      return {"GETRANGE", key_, "0", std::to_string(kStartBytes - 1)};
    case KeyQuestion::kStrLen:
      return {"STRLEN", key_};
    case KeyQuestion::kGet:
      return {"GET", key_};
    case KeyQuestion::kSize:
      return {std::string(shape_->command), key_};
    case KeyQuestion::kMemory:
      return {"MEMORY", "USAGE", key_};
    case KeyQuestion::kFieldLen:
      return {"HSTRLEN", key_, entry_->field};
    case KeyQuestion::kField:
      return {"HGET", key_, entry_->field};
  }
  return {};
}

void KeyProbe::Take(KeyQuestion question, const RedisReply& reply, KeyTroubles& troubles) {
  if (is_failed_ || facts_.state == KeyState::kGone) return;
  if (reply.type == Type::kError) return TakeError(reply.text, question, troubles);
  if (!IsExpected(question, reply.type)) {
    return Fail(ErrorKind::kProtocol, "the answer is none to what was asked", troubles);
  }
  switch (question) {
    case KeyQuestion::kExists:
      return reply.integer == 0 ? Gone() : void();
    case KeyQuestion::kType:
      return TakeType(reply.text, troubles);
    case KeyQuestion::kRange:
      return TakeRange(reply.text, troubles);
    case KeyQuestion::kSize:
      return TakeSize(reply.integer);
    case KeyQuestion::kStrLen:
    case KeyQuestion::kFieldLen:
      return TakeLength(reply.integer, troubles);
    case KeyQuestion::kGet:
    case KeyQuestion::kField:
      return TakeWhole(reply, troubles);
    case KeyQuestion::kMemory:
      return TakeMemory(reply);
  }
}

void KeyProbe::AskApart(const RedisReply& reply) {
  is_apart_ = true;
  // The reply may have been too large because a value grew.
  if (reply.type == Type::kError) Distrust();
}

void KeyProbe::TakeError(const std::string& text, KeyQuestion question, KeyTroubles& troubles) {
  if (text.starts_with(kWrongType)) return TakeWrongType(troubles);
  const ErrorKind kind = KindOfRedisError(text);
  // An entry for kAll is still useful without the memory.
  if (question == KeyQuestion::kMemory && entry_->value == KeyValue::kAll) {
    is_memory_known_ = true;
    return Note(kind, text, troubles);
  }
  // The value has grown since its length was asked.
  if (kind == ErrorKind::kLimit) Distrust();
  Fail(kind, text, troubles);
}

void KeyProbe::TakeWrongType(KeyTroubles& troubles) {
  if (entry_->value == KeyValue::kString) {
    return UnfitForLong({ErrorKind::kQuery, "it is no string"}, troubles);
  }
  if (entry_->value == KeyValue::kHash) {
    return UnfitForLong({ErrorKind::kQuery, "it is no hash"}, troubles);
  }
  if (saw_wrong_type_) {
    return Fail(ErrorKind::kQuery, "its type changes while it is read", troubles);
  }
  saw_wrong_type_ = true;
  Distrust();
}

void KeyProbe::TakeType(const std::string& name, KeyTroubles& troubles) {
  if (name == "none") return Gone();
  const auto* row = std::ranges::find(kShapes, name, &KeyShape::type);
  if (row != std::end(kShapes)) {
    // The size was 0, and the key exists.
    if (saw_empty_) {
      facts_.size = 0;
      Found();
    }
    shape_ = row;
  } else if (entry_->value == KeyValue::kLength) {
    UnfitForLong({ErrorKind::kQuery, "its type has no length"}, troubles);
  } else {
    Found();  // A module's type: the key exists, but has no size.
  }
}

void KeyProbe::TakeRange(const std::string& text, KeyTroubles& troubles) {
  if (entry_->value != KeyValue::kString) return TakeStart(text);
  if (text.size() > kLongestNumber) return Unfit({ErrorKind::kLimit, kTooLong}, troubles);
  TakeNumber(text, troubles);
}

void KeyProbe::TakeStart(const std::string& text) {
  if (IsHyperLogLog(text)) {
    shape_ = &kHyperLogLog;
    return;
  }
  if (text.size() == kStartBytes) {
    is_long_ = true;
    return;
  }
  is_long_ = false;
  if (entry_->value == KeyValue::kAll) facts_.number = KeyNumber(text);
  TakeSize(static_cast<long long>(text.size()));
}

void KeyProbe::TakeSize(long long size) {
  if (size == 0) {
    saw_empty_ = true;
    shape_ = nullptr;
    return;
  }
  facts_.size = static_cast<double>(size);
  Found();
}

void KeyProbe::TakeLength(long long length, KeyTroubles& troubles) {
  if (entry_->value == KeyValue::kLength || entry_->value == KeyValue::kAll) {
    // The start of the string, asked in the same round, may have shown that it is no longer long.
    return is_long_ && shape_ == kString ? TakeSize(length) : void();
  }
  if (length > static_cast<long long>(kLongestNumber)) {
    return UnfitForLong({ErrorKind::kLimit, kTooLong}, troubles);
  }
  fetch_ = Fetch::kSmall;
}

void KeyProbe::TakeWhole(const RedisReply& reply, KeyTroubles& troubles) {
  if (reply.type == Type::kNil) return Gone();
  if (reply.text.size() > kLongestNumber) {
    return UnfitForLong({ErrorKind::kLimit, kTooLong}, troubles);
  }
  is_apart_ = false;
  TakeNumber(reply.text, troubles);
}

void KeyProbe::TakeNumber(const std::string& text, KeyTroubles& troubles) {
  facts_.number = KeyNumber(text);
  if (facts_.number) return Found();
  Unfit({ErrorKind::kQuery, "its value is no number"}, troubles);
}

void KeyProbe::TakeMemory(const RedisReply& reply) {
  if (reply.type == Type::kNil) return Gone();
  is_memory_known_ = true;
  facts_.memory = static_cast<double>(reply.integer);
  if (entry_->value == KeyValue::kMemory) Found();
}

// A key that comes back may have another type, so its type is forgotten. A value that was small is
// still fetched whole: if it grew, the limit on replies stops it, and Distrust follows.
void KeyProbe::Gone() {
  facts_ = {};
  facts_.state = KeyState::kGone;
  shape_ = nullptr;
}

void KeyProbe::Unfit(Reason reason, KeyTroubles& troubles) {
  facts_.state = KeyState::kUnfit;
  Note(reason.kind, reason.words, troubles);
}

void KeyProbe::UnfitForLong(Reason reason, KeyTroubles& troubles) {
  fetch_ = Fetch::kNever;
  never_ = reason;
  Unfit(reason, troubles);
}

void KeyProbe::Fail(ErrorKind kind, std::string_view words, KeyTroubles& troubles) {
  is_failed_ = true;
  facts_ = {};
  Note(kind, words, troubles);
}

void KeyProbe::Note(ErrorKind kind, std::string_view words, KeyTroubles& troubles) const {
  if (troubles.contains(kind)) return;
  troubles[kind] = fmt::format("{}: {}", exporter::Quoted(key_), words.substr(0, kShownErrorBytes));
}

}  // namespace collectors
