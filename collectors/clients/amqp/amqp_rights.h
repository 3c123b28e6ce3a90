#pragma once

#include <string>
#include <utility>

#include "exporter/seam/collector.h"

namespace collectors {

// RabbitMQ's name of a queue that a connection declares for itself alone, and what
// it takes: https://www.rabbitmq.com/docs/access-control#authorisation
inline constexpr char kOwnQueues[] = "amq.gen*";
inline constexpr char kConfigureOwn[] = "configure amq.gen*";
inline constexpr char kReadOwn[] = "read amq.gen*";

// Makes the call. Where the server refuses it, the error says which right it takes:
// the server's own words name a queue by its random name, and no right.
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
