#include "collectors/clients/net/resolve.h"

#include <netdb.h>
#include <sys/un.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;

// Each lookup takes a thread.
constexpr std::size_t kMaxLookups = 64;
// How often a waiting caller checks whether the program stops: a lookup has no socket that the
// watchdog could shut down.
constexpr std::chrono::milliseconds kLongestWait{100};

struct Lookup {
  int error = 0;
  std::vector<SocketAddress> addresses;
};

Lookup LookUp(const std::string& host, std::uint16_t port, int flags) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  Lookup lookup;
  lookup.error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (lookup.error != 0) return lookup;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    SocketAddress& address = lookup.addresses.emplace_back();
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    address.length = entry->ai_addrlen;
  }
  return lookup;
}

// The running lookups, each on a detached thread. Requests for the same host and port share one
// lookup: a host whose name server does not answer takes one place, however often it is requested.
// Never destroyed: a lookup may outlive main.
class Lookups {
 public:
  std::shared_future<Lookup> Start(const std::string& host, std::uint16_t port) {
    const Key key(host, port);
    const std::scoped_lock lock(mutex_);
    if (const auto found = under_way_.find(key); found != under_way_.end()) return found->second;
    if (under_way_.size() >= kMaxLookups) {
      throw CollectError(ErrorKind::kTimeout, "too many lookups of host names hang already");
    }
    std::promise<Lookup> promise;
    std::shared_future<Lookup> future = promise.get_future().share();
    std::thread([this, key, promise = std::move(promise)]() mutable {
      promise.set_value(LookUp(key.first, key.second, 0));
      const std::scoped_lock ending(mutex_);
      under_way_.erase(key);
    }).detach();
    // Only after the thread has started: it waits for our lock before it erases the entry.
    under_way_.emplace(key, future);
    return future;
  }

 private:
  using Key = std::pair<std::string, std::uint16_t>;

  std::mutex mutex_;
  std::map<Key, std::shared_future<Lookup>> under_way_;
};

Lookups& AllLookups() {
  static auto* const lookups = new Lookups;
  return *lookups;
}

Lookup Await(const CollectContext& context, const std::string& host,
             const std::shared_future<Lookup>& lookup) {
  while (!context.deadline.Expired() && !context.watchdog.expired()) {
    const auto wait = std::min(context.deadline.Remaining(), kLongestWait);
    if (lookup.wait_for(wait) == std::future_status::ready) return lookup.get();
  }
  throw CollectError(ErrorKind::kTimeout, "the lookup of host " + host + " took too long");
}

}  // namespace

std::vector<SocketAddress> Resolve(const CollectContext& context, const std::string& host,
                                   std::uint16_t port) {
  Lookup lookup = LookUp(host, port, AI_NUMERICHOST);
  if (lookup.error == EAI_NONAME) {
    lookup = Await(context, host, AllLookups().Start(host, port));
  }
  if (lookup.error != 0) {
    throw CollectError(ErrorKind::kConnect,
                       "cannot look up host " + host + ": " + ::gai_strerror(lookup.error));
  }
  return std::move(lookup.addresses);
}

SocketAddress UnixAddress(const std::string& path) {
  SocketAddress address;
  auto* unix_address = reinterpret_cast<sockaddr_un*>(&address.storage);
  if (path.size() >= sizeof(unix_address->sun_path)) {
    throw CollectError(ErrorKind::kConnect, "the socket's path is too long: " + path);
  }
  unix_address->sun_family = AF_UNIX;
  std::memcpy(unix_address->sun_path, path.c_str(), path.size() + 1);
  address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return address;
}

}  // namespace collectors
