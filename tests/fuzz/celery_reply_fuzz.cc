// The body of a reply to any control call, with any contents, is read as workers within the bounds,
// or not at all.

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "collectors/celery/wire/control_message.h"
#include "exporter/seam/utf8.h"
#include "tests/fuzz/require.h"

namespace {

using collectors::WorkerReply;

void CheckTasks(const std::optional<std::vector<WorkerReply::HeldTask>>& tasks) {
  if (!tasks) return;
  fuzz::Require(tasks->size() <= 10000, "more tasks than the bound");
  for (const WorkerReply::HeldTask& task : *tasks) {
    fuzz::Require(exporter::IsUtf8(task.queue), "a queue that is not UTF-8");
    fuzz::Require(std::isfinite(task.time_start.value_or(0)), "a start that is no time");
  }
}

void Check(const WorkerReply& reply) {
  fuzz::Require(!reply.hostname.empty() && reply.hostname.size() <= 512, "a bad host name");
  fuzz::Require(exporter::IsUtf8(reply.hostname), "a host name that is not UTF-8");
  for (const auto& number :
       {reply.slots, reply.processes, reply.prefetch_count, reply.uptime_seconds}) {
    fuzz::Require(std::isfinite(number.value_or(0)) && number.value_or(0) >= 0,
                  "a number that cannot be");
  }
  CheckTasks(reply.active);
  CheckTasks(reply.reserved);
  CheckTasks(reply.scheduled);
  fuzz::Require(!reply.queues || reply.queues->size() <= 1000, "more queues than the bound");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(bytes), size);
  for (const std::string_view method :
       {"ping", "stats", "active", "reserved", "scheduled", "active_queues"}) {
    for (const WorkerReply& reply : collectors::ReadControlReply(method, body)) Check(reply);
  }
  const std::string failed = collectors::ReadControlError(body);
  fuzz::Require(failed.size() <= 512 && exporter::IsUtf8(failed), "a bad host name");
  return 0;
}
