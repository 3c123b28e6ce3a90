#include "collectors/clients/net/resolve.h"

#include <doctest/doctest.h>
#include <netdb.h>

#include <atomic>
#include <chrono>
#include <string_view>
#include <thread>

// NOLINTBEGIN(*-reserved-identifier, *-identifier-naming): the names are the linker's, of --wrap.
extern "C" int __real_getaddrinfo(const char* host, const char* service, const addrinfo* hints,
                                  addrinfo** found);
extern "C" int __wrap_getaddrinfo(const char* host, const char* service, const addrinfo* hints,
                                  addrinfo** found);

namespace {

constexpr std::string_view kMuteHost = "mute.test";
std::atomic<bool> is_mute = false;

}  // namespace

// Hangs for kMuteHost while is_mute. Looks up all other hosts.
int __wrap_getaddrinfo(const char* host, const char* service, const addrinfo* hints,
                       addrinfo** found) {
  if (host != kMuteHost) return __real_getaddrinfo(host, service, hints, found);
  if ((hints->ai_flags & AI_NUMERICHOST) != 0) return EAI_NONAME;
  is_mute.wait(true);
  return EAI_AGAIN;
}
// NOLINTEND(*-reserved-identifier, *-identifier-naming)

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using exporter::Watchdog;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

class MuteNameServer {
 public:
  MuteNameServer() { is_mute = true; }
  ~MuteNameServer() {
    is_mute = false;
    is_mute.notify_all();
  }
  MuteNameServer(const MuteNameServer&) = delete;
  MuteNameServer& operator=(const MuteNameServer&) = delete;
};

// Returns how long a lookup takes that times out.
steady_clock::duration TimeOfTimeout(Watchdog& watchdog, milliseconds budget) {
  const auto start = steady_clock::now();
  try {
    Resolve({Deadline::After(budget), watchdog}, std::string(kMuteHost), 1);
    FAIL("found");
  } catch (const CollectError& error) {
    CHECK(error.kind() == ErrorKind::kTimeout);
  }
  return steady_clock::now() - start;
}

}  // namespace

TEST_CASE("a name is looked up") {
  Watchdog watchdog;
  const auto addresses =
      Resolve({Deadline::After(std::chrono::seconds(5)), watchdog}, "localhost", 1);
  CHECK_FALSE(addresses.empty());
}

TEST_CASE("a lookup that nobody answers ends by the deadline") {
  const MuteNameServer mute;
  Watchdog watchdog;
  const auto took = TimeOfTimeout(watchdog, milliseconds(200));
  CHECK(took >= milliseconds(199));
  CHECK(took < milliseconds(800));
}

TEST_CASE("a lookup that nobody answers does not hold up a program that stops") {
  const MuteNameServer mute;
  Watchdog watchdog;
  const std::jthread stop([&watchdog] {
    std::this_thread::sleep_for(milliseconds(50));
    watchdog.ExpireAll();
  });
  CHECK(TimeOfTimeout(watchdog, std::chrono::seconds(20)) < milliseconds(2000));
}

}  // namespace collectors
