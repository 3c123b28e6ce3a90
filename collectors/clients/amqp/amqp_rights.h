#pragma once

#include <string>
#include <utility>

#include "exporter/seam/collector.h"

namespace collectors {

// RabbitMQ's names for queues that a connection declares for itself alone, and the rights that they
// need: https://www.rabbitmq.com/docs/access-control#authorisation
inline constexpr char kOwnQueues[] = "amq.gen*";
inline constexpr char kConfigureOwn[] = "configure amq.gen*";
inline constexpr char kReadOwn[] = "read amq.gen*";

// Makes the call. If the server refuses it (kPermission), adds the needed right to the error: the
// server's text names the queue by its random name, and does not name the right.
template <typename Call>
auto Needing(const std::string& right, const Call& call) {
  try {
    return call();
  } catch (const exporter::CollectError& error) {
    if (error.kind() != exporter::ErrorKind::kPermission) throw;
    throw error.Saying(std::string(error.what()) + ": needs the right to " + right);
  }
}

}  // namespace collectors
