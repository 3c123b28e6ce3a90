#include "collectors/redis/keys/patient_store.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "exporter/seam/watchdog.h"
#include "tests/support/scripted_store.h"

namespace collectors {
namespace {

using exporter::SteadyTime;
using std::chrono::minutes;
using testing::ScriptedStore;
using Type = RedisReply::Type;

struct Patience {
  explicit Patience(std::string error) {
    store.keys() = {{"a", "1"}, {"b", "2"}};
    store.refuse = [error](const RedisCommand& words) -> std::optional<std::string> {
      if (words[0] == "MEMORY") return error;
      return std::nullopt;
    };
  }

  // Returns the replies to MEMORY USAGE a, GET a, MEMORY USAGE b at `time`.
  std::vector<RedisReply> AskAfter(minutes time) {
    store.Forget();
    patient.BeginRun(SteadyTime{} + time);
    return patient.Ask(
        {exporter::Deadline::After(std::chrono::seconds(5)), watchdog}, 0,
        {{"a", {"MEMORY", "USAGE", "a"}}, {"a", {"GET", "a"}}, {"b", {"MEMORY", "USAGE", "b"}}});
  }

  exporter::Watchdog watchdog;
  ScriptedStore store;
  PatientStore patient{store};
};

}  // namespace

TEST_CASE("a command that is refused is asked for again after ten minutes") {
  for (const char* error : {"NOPERM User x has no permissions to run the 'memory|usage' command",
                            "ERR unknown command 'MEMORY', with args beginning with: 'USAGE' "}) {
    CAPTURE(error);
    Patience patience(error);
    const struct {
      minutes time;
      std::size_t asked;
    } rows[] = {
        {minutes(0), 2}, {minutes(1), 0}, {minutes(9), 0}, {minutes(10), 2}, {minutes(11), 0}};
    for (const auto& row : rows) {
      const auto replies = patience.AskAfter(row.time);
      CHECK(patience.store.Count("MEMORY") == row.asked);
      CHECK(patience.store.Count("GET") == 1);
      REQUIRE(replies.size() == 3);
      CHECK(replies[0].type == Type::kError);
      CHECK(replies[0].text == error);
      CHECK(replies[1].text == "1");
      CHECK(replies[2].text == error);
    }
  }
}

TEST_CASE("a key that may not be touched says nothing of other keys") {
  Patience patience("NOPERM No permissions to access a key");
  CHECK(patience.AskAfter(minutes(0))[0].type == Type::kError);
  patience.AskAfter(minutes(1));
  CHECK(patience.store.Count("MEMORY") == 2);
}

TEST_CASE("a database that is refused is asked for again after ten minutes") {
  Patience patience("");
  patience.store.refuse = nullptr;
  std::size_t trips = 0;
  patience.store.before_trip = [&] {
    ++trips;
    throw exporter::CollectError(exporter::ErrorKind::kPermission, "SELECT: NOPERM no");
  };
  for (const int after : {0, 1, 9, 10, 11}) {
    CHECK_THROWS_AS(patience.AskAfter(minutes(after)), exporter::CollectError);
  }
  CHECK(trips == 2);
  patience.store.before_trip = [&] {
    throw exporter::CollectError(exporter::ErrorKind::kTimeout, "");
  };
  CHECK_THROWS_AS(patience.AskAfter(minutes(20)), exporter::CollectError);
  patience.store.before_trip = nullptr;
  CHECK(patience.AskAfter(minutes(21))[1].text == "1");
}

TEST_CASE("a command that is allowed again is answered again") {
  Patience patience("NOPERM no permissions to run the 'memory' command");
  patience.AskAfter(minutes(0));
  patience.store.refuse = nullptr;
  CHECK(patience.AskAfter(minutes(5))[0].type == Type::kError);
  CHECK(patience.AskAfter(minutes(10))[0].integer == 1);
}

}  // namespace collectors
