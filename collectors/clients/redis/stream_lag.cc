#include "collectors/clients/redis/stream_lag.h"

namespace collectors {
namespace {

constexpr std::size_t kRunsKept = 100;

}  // namespace

void StreamLags::BeginRun() {
  ++run_;
  std::erase_if(counted_,
                [this](const auto& entry) { return entry.second.run + kRunsKept < run_; });
}

std::optional<double> StreamLags::Of(const Group& group, const StreamPlace& place) {
  auto found = counted_.find(group);
  if (found != counted_.end() && (!place.read || *place.read < found->second.read)) {
    counted_.erase(found);  // The group was set back and rereads entries that may be gone.
    found = counted_.end();
  }
  if (found != counted_.end()) found->second.run = run_;
  if (place.is_before_first) return place.length;
  if (place.is_at_end && place.lag != 0) {
    counted_.erase(group);  // From here on the server's lag is wrong or absent.
    return 0;
  }
  if (!place.lag) return std::nullopt;
  const auto counted = found == counted_.end() ? std::nullopt : std::optional(found->second);
  if (IsRight(place, counted)) {
    if (place.read) counted_[group] = {*place.read, run_};
    return place.lag;
  }
  const bool all_waits_or_is_pending = *place.lag + place.pending == place.length;
  if (place.has_deleted && all_waits_or_is_pending) return place.lag;
  // If the group has read nothing since its lag was last right, the whole stream is unread.
  return counted && place.read == counted->read ? std::optional(place.length) : std::nullopt;
}

bool StreamLags::IsRight(const StreamPlace& place, const std::optional<Counted>& counted) {
  if (*place.lag == 0) return true;
  if (!place.read) return false;
  if (*place.read + *place.lag == place.length) return true;  // Nothing was ever removed.
  if (!counted) return false;
  const double read_since = *place.read - counted->read;
  return read_since >= 0 && read_since + *place.lag <= place.length;
}

}  // namespace collectors
