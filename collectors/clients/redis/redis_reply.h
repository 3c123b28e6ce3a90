#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "exporter/seam/collector.h"

namespace collectors {

// A reply copied out of hiredis, so that other files need not include hiredis.
struct RedisReply {
  enum class Type { kString, kStatus, kInteger, kArray, kNil, kError };
  Type type = Type::kNil;
  std::string text;  // Of a string, a status or an error.
  long long integer = 0;
  std::vector<RedisReply> items;
};

using RedisCommand = std::vector<std::string>;

// Returns the kind of an error reply; its first words (NOPERM, WRONGPASS, LOADING) decide.
exporter::ErrorKind KindOfRedisError(const std::string& text);

// Returns true if a server sends this text to each new client that it does not serve, whatever the
// command. Such a text cannot repeat our words.
bool IsTurnedAway(std::string_view text);

// Returns the text of the error at the start of these bytes, or its beginning. Returns an empty
// text if they do not start with an error.
std::string ErrorLineIn(std::string_view bytes);

// Converts an error reply: its kind, and `command` with the beginning of its text. Not for AUTH:
// its error may repeat the password.
exporter::CollectError RedisError(std::string_view command, const RedisReply& reply);

}  // namespace collectors
