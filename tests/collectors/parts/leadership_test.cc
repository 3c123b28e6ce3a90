#include "collectors/parts/leadership.h"

#include <doctest/doctest.h>

#include "tests/support/scripted_sql.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using std::chrono::seconds;

// Simulates what a server and a network do to a session.
class LockSession : public SqlSession {
 public:
  Rows Query(const exporter::CollectContext& /*context*/, const SqlStatement& statement) override {
    if (failure) throw CollectError(*std::exchange(failure, std::nullopt), "broken");
    if (reconnects) told_pid = server_pid = ++reconnects;
    reconnects = 0;
    if (statement.parameters.empty()) return {{"one"}, {{"1"}}};
    const bool direct = statement.parameters.at(1) == std::to_string(server_pid);
    lock_key = statement.parameters.at(0);
    idle_limit = statement.parameters.at(2);
    if (!direct) return {{"direct", "leads", "set"}, {{"f", std::nullopt, std::nullopt}}};
    return {{"direct", "leads", "set"}, {{"t", lock_is_free ? "t" : "f", idle_limit}}};
  }
  int ServerVersion(const exporter::CollectContext& /*context*/) override { return 150000; }
  std::string ServerName() const override { return "db.example:5432"; }
  SqlDialect dialect() const override { return SqlDialect::kPostgres; }
  void Pin(bool value) override { pinned = value; }
  int BackendPid() const override { return told_pid; }

  bool lock_is_free = true;
  bool pinned = false;
  int told_pid = 7;
  int server_pid = 7;
  int reconnects = 0;  // The next statement reconnects, to the process ID after this one.
  std::optional<ErrorKind> failure;
  std::string lock_key;
  std::string idle_limit;
};

struct Stage {
  exporter::Watchdog watchdog;
  exporter::CollectContext context{exporter::Deadline::After(seconds(60)), watchdog};
  LockSession session;
  Leadership leadership{"business", seconds(25)};

  bool Take() { return leadership.Take(session, context); }
};

ErrorKind KindOf(const std::function<void()>& call) {
  try {
    call();
  } catch (const CollectError& error) {
    return error.kind();
  }
  return ErrorKind::kInternal;
}

}  // namespace

TEST_CASE_FIXTURE(Stage, "who gets the lock leads, and its session is pinned") {
  CHECK(Take());
  CHECK(leadership.leads());
  CHECK(session.pinned);
  CHECK(session.idle_limit == "25000");
  CHECK(Take());
  leadership.Confirm(session, context);
  CHECK(leadership.leads());
}

TEST_CASE_FIXTURE(Stage, "who does not get the lock stands by until it is free") {
  session.lock_is_free = false;
  CHECK_FALSE(Take());
  CHECK_FALSE(session.pinned);
  session.lock_is_free = true;
  CHECK(Take());
}

TEST_CASE_FIXTURE(Stage, "the lock is the collector's name, the same in every process") {
  Take();
  LockSession other;
  Leadership("business", seconds(1)).Take(other, context);
  CHECK(other.lock_key == session.lock_key);
  Leadership("shop", seconds(1)).Take(other, context);
  CHECK(other.lock_key != session.lock_key);
}

TEST_CASE_FIXTURE(Stage, "a leader whose session has ended asks for the lock anew") {
  REQUIRE(Take());
  session.failure = ErrorKind::kConnect;
  session.lock_is_free = false;
  CHECK_FALSE(Take());
  CHECK_FALSE(session.pinned);
  CHECK_FALSE(leadership.leads());
}

TEST_CASE_FIXTURE(Stage, "a leader that cannot confirm its lock leads no more") {
  for (const ErrorKind kind : {ErrorKind::kConnect, ErrorKind::kTimeout}) {
    REQUIRE(Take());
    session.failure = kind;
    CHECK(KindOf([&] { leadership.Confirm(session, context); }) == kind);
    CHECK_FALSE(leadership.leads());
    CHECK_FALSE(session.pinned);
  }
}

TEST_CASE_FIXTURE(Stage, "a connection through a pooler is refused") {
  session.told_pid = 99;
  CHECK(KindOf([&] { Take(); }) == ErrorKind::kQuery);
  CHECK_FALSE(leadership.leads());
  CHECK_FALSE(session.pinned);
}

TEST_CASE_FIXTURE(Stage, "a kept connection that was dead is no pooler") {
  session.reconnects = 41;
  CHECK(Take());
  CHECK(session.told_pid == 42);
}

}  // namespace collectors
