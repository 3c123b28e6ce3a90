#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/clients/redis/redis_session.h"

namespace collectors {

// Returns the reply if it has the type. Throws RedisError for an error reply, and CollectError
// kProtocol for any other type. `command` is for the message.
const RedisReply& Expect(const RedisReply& reply, RedisReply::Type type, std::string_view command);

// Reads a flat list of names and values, as in the replies to CONFIG GET and SENTINEL. Of a
// repeated name the first one counts. The views point into the reply.
std::map<std::string_view, std::string_view> PairsOf(const RedisReply& reply);

// Returns the number if the whole text is one, and not nan or infinity.
std::optional<double> FiniteNumber(std::string_view text);

}  // namespace collectors
