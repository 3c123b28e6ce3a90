#include "collectors/clients/resolve.h"

#include <netdb.h>
#include <sys/un.h>

#include <atomic>
#include <cstddef>
#include <cstring>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "exporter/collector.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;

constexpr int kMaxLookups = 8;
std::atomic<int> lookups_under_way = 0;

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

// Starts a lookup that nobody need wait for.
std::future<Lookup> LookUpAside(const std::string& host, std::uint16_t port) {
  const int before = lookups_under_way.fetch_add(1);
  const std::shared_ptr<void> place(nullptr, [](void*) { lookups_under_way.fetch_sub(1); });
  if (before >= kMaxLookups) {
    throw CollectError(ErrorKind::kTimeout, "too many lookups of host names hang already");
  }
  std::promise<Lookup> promise;
  std::future<Lookup> future = promise.get_future();
  std::thread([host, port, place, promise = std::move(promise)]() mutable {
    promise.set_value(LookUp(host, port, 0));
  }).detach();
  return future;
}

}  // namespace

std::vector<SocketAddress> Resolve(const std::string& host, std::uint16_t port,
                                   exporter::Deadline deadline) {
  Lookup lookup = LookUp(host, port, AI_NUMERICHOST);
  if (lookup.error == EAI_NONAME) {
    std::future<Lookup> future = LookUpAside(host, port);
    if (future.wait_until(deadline.when()) != std::future_status::ready) {
      throw CollectError(ErrorKind::kTimeout, "the lookup of host " + host + " took too long");
    }
    lookup = future.get();
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
