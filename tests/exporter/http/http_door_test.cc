#include "exporter/http/http_door.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace exporter {
namespace {

using namespace std::chrono_literals;

// No descriptor of this process: what the door hands out is only compared.
constexpr int kConnection = 1 << 20;

// A door whose socket answers each accept with the next of `script`: an error, or
// 0 for a connection. The last one is repeated.
class ScriptedDoor {
 public:
  explicit ScriptedDoor(std::deque<int> script)
      : script_(std::move(script)),
        door_(
            ListeningSocket({"127.0.0.1", 0}), [this](int) { return Next(); },
            [this](std::string_view reason) { reasons_.emplace_back(reason); }) {}

  std::optional<int> Admit(SteadyTime now) { return door_.Admit(now); }
  const HttpDoor& door() const { return door_; }
  const std::vector<std::string>& reasons() const { return reasons_; }

 private:
  int Next() {
    errno = script_.front();
    if (script_.size() > 1) script_.pop_front();
    return errno == 0 ? kConnection : -1;
  }

  std::deque<int> script_;
  std::vector<std::string> reasons_;
  HttpDoor door_;
};

constexpr SteadyTime kNow = SteadyTime{} + 1h;

}  // namespace

TEST_CASE("an error of accept is counted by its reason, and the next connection is admitted") {
  struct {
    int error;
    const char* reason;
  } const cases[] = {
      {EMFILE, "descriptors"},
      {ENFILE, "descriptors"},
      {ENOBUFS, "memory"},
      {ENOMEM, "memory"},
      {ENOSR, "memory"},
      {ECONNABORTED, "network"},
      {EPROTO, "network"},
      {EPERM, "network"},
      {ENETDOWN, "network"},
      {EHOSTUNREACH, "network"},
      {EHOSTDOWN, "network"},
      {ENONET, "network"},
      {EOPNOTSUPP, "network"},
      {ENETUNREACH, "network"},
      {ENOPROTOOPT, "network"},
      {ETIMEDOUT, "network"},
      {ESOCKTNOSUPPORT, "network"},
      {EPROTONOSUPPORT, "network"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.error);
    ScriptedDoor scripted({c.error, 0});
    CHECK_FALSE(scripted.Admit(kNow));
    CHECK(scripted.reasons() == std::vector<std::string>{c.reason});
    CHECK(scripted.door().opens_at() == kNow + 1ms);
    CHECK(scripted.Admit(kNow + 1ms) == kConnection);
  }
}

TEST_CASE("a connection that went before it was accepted is no error") {
  for (const int error : {EAGAIN, EINTR}) {
    ScriptedDoor scripted({error, 0});
    CHECK_FALSE(scripted.Admit(kNow));
    CHECK(scripted.reasons().empty());
    CHECK(scripted.Admit(kNow + 1ms) == kConnection);
  }
}

TEST_CASE("a connection that is always gone when it is to be accepted is one") {
  ScriptedDoor scripted({EAGAIN});
  for (int i = 0; i < 9; ++i) scripted.Admit(kNow);
  CHECK(scripted.reasons().empty());
  scripted.Admit(kNow);
  CHECK(scripted.reasons() == std::vector<std::string>{"network"});
}

TEST_CASE("pauses double up to a tenth of a second while errors last, whatever they are") {
  for (const int error : {EMFILE, ECONNABORTED, EAGAIN}) {
    CAPTURE(error);
    ScriptedDoor scripted({error});
    SteadyTime now = kNow;
    for (const auto pause : {1ms, 2ms, 4ms, 8ms, 16ms, 32ms, 64ms, 100ms, 100ms}) {
      CHECK_FALSE(scripted.Admit(now));
      CHECK(scripted.door().opens_at() == now + pause);
      now += pause;
    }
    for (int i = 0; i < 100; ++i) scripted.Admit(now);
    CHECK(scripted.door().opens_at() == now + 100ms);
  }
}

TEST_CASE("a connection makes the next pause short again") {
  ScriptedDoor scripted({EMFILE, EMFILE, EMFILE, 0, EMFILE});
  for (int i = 0; i < 4; ++i) scripted.Admit(kNow);
  CHECK_FALSE(scripted.Admit(kNow + 1s));
  CHECK(scripted.door().opens_at() == kNow + 1s + 1ms);
}

TEST_CASE("a socket that can never accept again is an error that names its port") {
  for (const int error : {EBADF, EINVAL, ENOTSOCK}) {
    CAPTURE(error);
    ScriptedDoor scripted({0, error});
    CHECK(scripted.Admit(kNow) == kConnection);
    const std::string expected = "no connection can be accepted on port " +
                                 std::to_string(scripted.door().port()) + " any more: ";
    CHECK_THROWS_WITH_AS(scripted.Admit(kNow), doctest::Contains(expected.c_str()),
                         std::runtime_error);
  }
}

TEST_CASE("an address that cannot be listened on is an error that says why") {
  struct {
    ListenAddress address;
    const char* message;
  } const cases[] = {
      {{"192.0.2.1", 9899}, "cannot listen on 192.0.2.1:9899: Cannot assign requested address"},
      {{"2001:db8::1", 9899}, "cannot listen on [2001:db8::1]:9899: "},
      {{"no-such-host.invalid", 9899}, "cannot listen on no-such-host.invalid:9899: "},
  };
  for (const auto& c : cases) {
    CAPTURE(c.message);
    CHECK_THROWS_WITH_AS(ListeningSocket{c.address}, doctest::Contains(c.message),
                         std::runtime_error);
  }
}

}  // namespace exporter
