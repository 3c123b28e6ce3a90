#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collectors/celery/wire/event.h"

namespace testing {

// What a decoder finds, a line each: "task-sent u1 of gen1@vm at 5 name=add", "unknown",
// "malformed", "foreign application/x-yaml".
class Transcript : public collectors::EventSink {
 public:
  void OnEvent(const collectors::CeleryEvent& event) override;
  void OnUnknownEvent() override { lines.push_back("unknown"); }
  void OnMalformedEvent() override { lines.push_back("malformed"); }
  void OnForeignEvents(std::string_view content_type) override {
    lines.push_back("foreign " + std::string(content_type));
  }

  std::vector<std::string> lines;
};

// A file of tests/data/celery.
std::string CelerySample(std::string_view name);
std::vector<std::string> CelerySampleLines(std::string_view name);

}  // namespace testing
