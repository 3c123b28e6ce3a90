#pragma once

#include <string>

#include "collectors/clients/redis/redis_session.h"

namespace collectors::testing {

// A reply as a server sent it: tests/data/redis/NAME.resp, see README.md there.
RedisReply CapturedReply(const std::string& name);
// The reply that those bytes are.
RedisReply ReplyOf(const std::string& bytes);

}  // namespace collectors::testing
