#include "collectors/celery/workers/control_round.h"

#include <iterator>
#include <utility>

#include "collectors/celery/wire/content_type.h"

namespace collectors {
namespace {

constexpr std::size_t kLongestType = 64;

void TakeReply(const ControlReply& reply, ControlRound& round) {
  std::vector<WorkerReply> workers = ReadControlReply(reply.method, reply.body);
  for (const WorkerReply& worker : workers) ++round.answered[worker.hostname];
  std::move(workers.begin(), workers.end(), std::back_inserter(round.replies));
  if (!workers.empty() || !round.failed_method.empty()) return;
  std::string refuser = ReadControlError(reply.body);
  if (refuser.empty()) return;
  round.failed_method = reply.method;
  round.failed_worker = std::move(refuser);
}

}  // namespace

ControlRound ReadRound(const std::vector<ControlReply>& replies) {
  ControlRound round;
  for (const ControlReply& reply : replies) {
    if (IsJson(reply.content_type)) {
      TakeReply(reply, round);
    } else {
      round.foreign_type = reply.content_type.substr(0, kLongestType);
    }
  }
  return round;
}

}  // namespace collectors
