#include "collectors/clients/redis/reply_reader.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <new>
#include <string>
#include <utility>

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;

[[noreturn]] void Refuse(const std::string& what) {
  throw CollectError(ErrorKind::kProtocol, what);
}

constexpr const char* kStrange = "the answer is not Redis's protocol";
constexpr int kDeepest = 8;  // Arrays within arrays, the outer one included.

// Returns the element that hiredis is reading; null between two replies. Its stack is an array of
// tasks in hiredis 0.14 and an array of pointers since 1.0.
template <typename Reader>
const redisReadTask* CurrentTask(const Reader& reader) {
  if (reader.ridx < 0) return nullptr;
  if constexpr (requires { reader.rstack; }) {
    return &reader.rstack[reader.ridx];
  } else {
    return reader.task[reader.ridx];
  }
}

int DepthOf(const redisReadTask& task) {
  int depth = 0;
  for (const redisReadTask* parent = task.parent; parent != nullptr; parent = parent->parent) {
    ++depth;
  }
  return depth;
}

// Returns true if the element may occur in an answer to us. hiredis also reads RESP3 since 1.0, and
// nests arrays as deep as memory allows.
bool IsExpected(const redisReadTask& task) {
  switch (task.type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
    case REDIS_REPLY_INTEGER:
      return true;
    case REDIS_REPLY_ARRAY:
      return DepthOf(task) < kDeepest;
    default:
      return false;
  }
}

// Stores the reply of a task. The root is a new object that hiredis keeps until it is complete; an
// element is appended to its parent's items. Only the last element of each array is still being
// read, so a growing vector moves no reply that hiredis points to. Nothing may be thrown through
// hiredis: null ends its reading.
RedisReply* Place(const redisReadTask* task, RedisReply reply) noexcept try {
  if (!IsExpected(*task)) return nullptr;
  if (task->parent == nullptr) return new RedisReply(std::move(reply));
  auto& siblings = static_cast<RedisReply*>(task->parent->obj)->items;
  return &siblings.emplace_back(std::move(reply));
} catch (const std::bad_alloc&) {
  return nullptr;
}

RedisReply::Type TypeOf(int type) {
  if (type == REDIS_REPLY_ERROR) return RedisReply::Type::kError;
  if (type == REDIS_REPLY_STATUS) return RedisReply::Type::kStatus;
  return RedisReply::Type::kString;
}

void* MakeString(const redisReadTask* task, char* text, std::size_t length) noexcept try {
  RedisReply reply;
  reply.type = TypeOf(task->type);
  reply.text.assign(text, length);
  return Place(task, std::move(reply));
} catch (const std::bad_alloc&) {
  return nullptr;
}

void* MakeArray(const redisReadTask* task, std::size_t elements) noexcept try {
  if (!IsExpected(*task)) return nullptr;
  auto& budget = *static_cast<ElementBudget*>(task->privdata);
  budget.is_spent = budget.is_spent || elements > budget.left;
  if (budget.is_spent) return nullptr;
  budget.left -= elements;
  RedisReply reply;
  reply.type = RedisReply::Type::kArray;
  // A growing vector would be in memory twice.
  reply.items.reserve(elements);
  return Place(task, std::move(reply));
} catch (const std::bad_alloc&) {
  return nullptr;
}

void* MakeInteger(const redisReadTask* task, long long value) noexcept {
  RedisReply reply;
  reply.type = RedisReply::Type::kInteger;
  reply.integer = value;
  return Place(task, std::move(reply));
}

void* MakeNil(const redisReadTask* task) noexcept { return Place(task, RedisReply()); }

void FreeRoot(void* root) noexcept { delete static_cast<RedisReply*>(root); }

// If a create function is missing, hiredis stores a number in place of our object. So the functions
// that only RESP3 needs (since hiredis 1.0) exist and refuse.
template <typename Table>
void RefuseResp3(Table& table) {
  if constexpr (requires { table.createDouble; }) {
    table.createDouble = [](const redisReadTask*, double, char*, std::size_t) -> void* {
      return nullptr;
    };
    table.createBool = [](const redisReadTask*, int) -> void* { return nullptr; };
  }
}

// Allows arrays of the size that hiredis 0.14 allows; since 1.0 its default is twice as much.
template <typename Reader>
void BoundElements(Reader& reader) {
  if constexpr (requires { reader.maxelements; }) {
    reader.maxelements = std::numeric_limits<int>::max();
  }
}

redisReplyObjectFunctions& Functions() {
  static redisReplyObjectFunctions functions = [] {
    redisReplyObjectFunctions result = {};
    result.createString = MakeString;
    // The count is an int in hiredis 0.14 and a size_t since 1.0.
    result.createArray = [](const redisReadTask* task, auto elements) -> void* {
      return MakeArray(task, static_cast<std::size_t>(elements));
    };
    result.createInteger = MakeInteger;
    result.createNil = MakeNil;
    result.freeObject = FreeRoot;
    RefuseResp3(result);
    return result;
  }();
  return functions;
}

}  // namespace

ReplyReader::ReplyReader(ReplyBounds bounds)
    : bounds_(bounds),
      bytes_left_(bounds.bytes),
      elements_{bounds.elements},
      reader_(redisReaderCreateWithFunctions(&Functions()), &redisReaderFree) {
  if (reader_ == nullptr) throw std::bad_alloc();
  reader_->privdata = &elements_;
  BoundElements(*reader_);
}

void ReplyReader::Begin() {
  if (reader_->pos < reader_->len) Refuse("the server says more than it was asked");
  bytes_left_ = bounds_.bytes;
  elements_ = {bounds_.elements};
}

void ReplyReader::Renew() {
  // After Next() has returned a reply, hiredis has not begun another one.
  bytes_left_ = bounds_.bytes - std::min(Rest().size(), bounds_.bytes);
  elements_ = {bounds_.elements};
}

void ReplyReader::Feed(std::string_view bytes) {
  if (bytes.size() > bytes_left_) RefuseSize();
  bytes_left_ -= bytes.size();
  if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) {
    Refuse("the answer cannot be read");
  }
}

std::optional<RedisReply> ReplyReader::Next() {
  void* root = nullptr;
  if (redisReaderGetReply(reader_.get(), &root) != REDIS_OK) {
    if (!elements_.is_spent) Refuse(kStrange);
    throw CollectError(ErrorKind::kLimit, "the answer has more than " +
                                              std::to_string(bounds_.elements) + " elements");
  }
  if (root == nullptr) {
    CheckType();
    CheckLine();
    CheckAnnouncedLength();
    return std::nullopt;
  }
  const std::unique_ptr<RedisReply> owner(static_cast<RedisReply*>(root));
  return std::move(*owner);
}

void ReplyReader::CheckType() const {
  const redisReadTask* const task = CurrentTask(*reader_);
  if (task != nullptr && task->type >= 0 && !IsExpected(*task)) Refuse(kStrange);
}

std::string_view ReplyReader::Rest() const {
  return {reader_->buf + reader_->pos, reader_->len - reader_->pos};
}

void ReplyReader::CheckLine() const {
  // The rest of a string begins with the line of its length, which is short.
  const std::string_view rest = Rest();
  if (rest.size() <= bounds_.line) return;
  if (rest.substr(0, bounds_.line).find("\r\n") == std::string_view::npos) {
    Refuse("the answer has a line that does not end");
  }
}

void ReplyReader::CheckAnnouncedLength() const {
  const redisReadTask* const task = CurrentTask(*reader_);
  if (task == nullptr || task->type != REDIS_REPLY_STRING) return;
  // hiredis stays right after the $ until all bytes of the string have arrived.
  const char* const begin = Rest().data();
  const char* const end = begin + Rest().size();
  long long length = 0;
  const auto [stop, error] = std::from_chars(begin, end, length);
  if (error == std::errc::result_out_of_range) Refuse(kStrange);
  if (error != std::errc() || stop == end) return;  // hiredis checks it once the line is complete.
  const auto come = static_cast<std::size_t>(end - stop);
  if (length > 0 && static_cast<unsigned long long>(length) > come + bytes_left_) {
    RefuseSize();
  }
}

void ReplyReader::RefuseSize() const {
  throw CollectError(ErrorKind::kLimit,
                     "the answer is larger than " + std::to_string(bounds_.bytes >> 20) + " MiB");
}

}  // namespace collectors
