#pragma once

#include <string>

#include "collectors/clients/redis/redis_target.h"
#include "tests/support/fake_server.h"

namespace collectors {

inline RedisTarget TargetAt(const testing::FakeServer& server, const std::string& path = "") {
  RedisTarget target;
  target.url =
      exporter::SecretSource::Literal("redis://127.0.0.1:" + std::to_string(server.port()) + path);
  return target;
}

}  // namespace collectors
