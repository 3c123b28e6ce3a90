#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace collectors {

// A message that is read or published.
struct AmqpMessage {
  std::vector<std::pair<std::string, std::string>> headers;  // Only those that are texts.
  std::string body;
  // Published: the time that it may stay in a queue; 0: no limit. Not read.
  std::chrono::milliseconds ttl{0};
  std::string content_type = {};  // Read. Published messages are application/json.
};

}  // namespace collectors
