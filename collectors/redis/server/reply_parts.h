#pragma once

#include <span>

#include "collectors/redis/server/reply_part.h"

namespace collectors {

// Returns all parts, in the order in which they are asked.
std::span<const ReplyPart> ReplyParts();

}  // namespace collectors
