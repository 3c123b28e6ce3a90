#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace collectors {

// A message as it is read and published.
struct AmqpMessage {
  std::vector<std::pair<std::string, std::string>> headers;  // Those that are texts.
  std::string body;
  // Published: how long it may lie in a queue; 0 for as long as it takes. Not read.
  std::chrono::milliseconds ttl{0};
  std::string content_type = {};  // Read. What is published is application/json.
};

}  // namespace collectors
