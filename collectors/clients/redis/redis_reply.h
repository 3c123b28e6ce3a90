#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "exporter/seam/collector.h"

namespace collectors {

// A reply copied out of hiredis, so that nothing else need include it.
struct RedisReply {
  enum class Type { kString, kStatus, kInteger, kArray, kNil, kError };
  Type type = Type::kNil;
  std::string text;  // Of a string, a status or an error.
  long long integer = 0;
  std::vector<RedisReply> items;
};

using RedisCommand = std::vector<std::string>;

// What an error reply means: its first word (NOPERM, WRONGPASS, LOADING) decides.
exporter::ErrorKind KindOfRedisError(const std::string& text);

// Whether a server says so to each new client that it does not serve, whatever it was
// asked: such a text repeats no word of ours.
bool IsTurnedAway(std::string_view text);

// The text of the error that these bytes begin with, or its beginning; empty if they
// begin with no error.
std::string ErrorLineIn(std::string_view bytes);

// An error reply as what to throw or to note: its kind, and `command` with the
// beginning of its text. Not for AUTH, whose error may repeat the password.
exporter::CollectError RedisError(std::string_view command, const RedisReply& reply);

}  // namespace collectors
