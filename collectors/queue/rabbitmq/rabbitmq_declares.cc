#include "collectors/queue/rabbitmq/rabbitmq_declares.h"

#include <chrono>
#include <utility>
#include <variant>

namespace collectors {

using exporter::CollectError;
using exporter::ErrorKind;

namespace {

// RabbitMQ's text says what was refused to which user, but not what to do.
CollectError Explained(const CollectError& error, const std::string& queue) {
  std::string what = error.what();
  if (error.kind() == ErrorKind::kMissing) what += std::string(" (") + kDeclaredFirst + ")";
  return {error.kind(), what, queue};
}

}  // namespace

RabbitmqDeclares::RabbitmqDeclares(AmqpTarget target) : session_(std::move(target)) {}

RabbitmqFindings RabbitmqDeclares::Read(const exporter::CollectContext& context,
                                        const RabbitmqQuestion& question) {
  // If the URL is in a file, the reader of the configuration could not reject this.
  if (question.discover) {
    throw CollectError(ErrorKind::kQuery,
                       "AMQP cannot list queues: discovery needs the management API, http://");
  }
  const auto answers = declares_.Ask(context, std::chrono::steady_clock::now(), question.queues);
  RabbitmqFindings findings;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (const auto* error = std::get_if<CollectError>(&answers[i])) {
      findings.problems.push_back(Explained(*error, question.queues[i]));
      continue;
    }
    const auto& queue = std::get<AmqpQueue>(answers[i]);
    RabbitmqQueue found;
    found.name = question.queues[i];
    found.ready = queue.messages;
    found.consumers = queue.consumers;
    findings.queues.push_back(std::move(found));
  }
  return findings;
}

}  // namespace collectors
