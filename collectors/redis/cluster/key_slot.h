#pragma once

#include <string_view>

namespace collectors {

inline constexpr int kKeySlots = 16384;

// Returns a key's slot in a Redis Cluster, from 0 to kKeySlots - 1: CRC16 (XMODEM) of the key, or
// of the text in its first {...} if that is not empty. Pure.
// https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#key-distribution-model
int KeySlot(std::string_view key);

}  // namespace collectors
