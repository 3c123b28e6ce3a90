#pragma once

#include <chrono>
#include <string>
#include <variant>

#include "collectors/clients/amqp/amqp_session.h"
#include "tests/support/fake_server.h"

// Calls of an AmqpSession to a fake server, and how they end.
namespace collectors {

inline AmqpTarget TargetAt(const testing::FakeServer& server,
                           std::chrono::seconds heartbeat = std::chrono::hours(1)) {
  return {exporter::SecretSource::Literal("amqp://app:hunter2@127.0.0.1:" +
                                          std::to_string(server.port())),
          "",
          exporter::SecretSource(),
          "exporter:jobs",
          {},
          heartbeat};
}

inline exporter::CollectContext Within(int ms, exporter::Watchdog& watchdog) {
  return {exporter::Deadline::After(std::chrono::milliseconds(ms)), watchdog};
}

struct Outcome {
  exporter::ErrorKind kind;
  std::string text;
  std::chrono::milliseconds elapsed;
};

// How a call with that budget ends; kInternal where it does not throw.
template <typename Call>
Outcome Try(std::chrono::milliseconds budget, const Call& call) {
  exporter::Watchdog watchdog;
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [start] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 start);
  };
  try {
    call(exporter::CollectContext{exporter::Deadline::After(budget), watchdog});
  } catch (const exporter::CollectError& error) {
    return {error.kind(), error.what(), elapsed()};
  }
  return {exporter::ErrorKind::kInternal, "no failure", elapsed()};
}

inline Outcome Declare(AmqpSession& session,
                       std::chrono::milliseconds budget = std::chrono::milliseconds(400)) {
  return Try(budget, [&](const exporter::CollectContext& context) {
    const AmqpQueueAnswer answer = session.PassiveDeclareAll(context, {"jobs"}).front();
    if (const auto* error = std::get_if<exporter::CollectError>(&answer)) throw *error;
  });
}

}  // namespace collectors
