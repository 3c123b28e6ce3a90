#include "tests/support/celery_events.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace testing {
namespace {

constexpr const char* kTypes[] = {"task-sent",        "task-received", "task-started",
                                  "task-succeeded",   "task-failed",   "task-rejected",
                                  "task-revoked",     "task-retried",  "worker-online",
                                  "worker-heartbeat", "worker-offline"};

void Append(std::string& line, std::string_view what, std::string_view text) {
  if (!text.empty()) line += fmt::format("{}{}", what, text);
}

void Append(std::string& line, std::string_view what, std::optional<double> number) {
  if (number) Append(line, what, fmt::format("{}", *number));
}

}  // namespace

void Transcript::OnEvent(const collectors::CeleryEvent& event) {
  std::string line = kTypes[static_cast<int>(event.type)];
  Append(line, " ", event.uuid);
  Append(line, " of ", event.hostname);
  Append(line, " at ", event.timestamp);
  Append(line, " name=", event.name);
  Append(line, " queue=", event.queue);
  Append(line, " exception=", event.exception);
  Append(line, " eta=", event.eta);
  Append(line, " retries=", event.retries);
  Append(line, " runtime=", event.runtime);
  Append(line, " active=", event.active);
  Append(line, " processed=", event.processed);
  lines.push_back(std::move(line));
}

std::string CelerySample(std::string_view name) {
  std::ifstream file(fmt::format("tests/data/celery/{}", name), std::ios::binary);
  if (!file) throw std::runtime_error(fmt::format("no sample {}", name));
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> CelerySampleLines(std::string_view name) {
  std::istringstream text(CelerySample(name));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

}  // namespace testing
