#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/clients/redis/redis_session.h"

namespace collectors {

// The reply, if it is of that type. An error reply is thrown as RedisError, any
// other as CollectError kProtocol; `command` is for the text.
const RedisReply& Expect(const RedisReply& reply, RedisReply::Type type, std::string_view command);

// A flat list of names and values, as CONFIG GET and SENTINEL answer; of a name
// given twice the first counts. The views point into the reply.
std::map<std::string_view, std::string_view> PairsOf(const RedisReply& reply);

// The number that a text is as a whole; none for nan and infinity.
std::optional<double> FiniteNumber(std::string_view text);

}  // namespace collectors
