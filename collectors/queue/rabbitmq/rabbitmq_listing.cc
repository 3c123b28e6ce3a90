#include "collectors/queue/rabbitmq/rabbitmq_listing.h"

#include <utility>

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;

// Celery makes 28 of them.
constexpr std::size_t kMostDelayQueues = 100;

std::optional<double> MessagesOf(const RabbitmqQueue& queue) {
  if (!queue.ready || !queue.unacked) return std::nullopt;
  return *queue.ready + *queue.unacked;
}

}  // namespace

RabbitmqListing::RabbitmqListing(const RabbitmqQuestion& question)
    : question_(question),
      wants_delayed_(question.discover && question.discover->Match(kCeleryDelayed)) {
  for (const std::string& name : question.queues) named_.emplace(name, std::nullopt);
}

void RabbitmqListing::Add(std::vector<RabbitmqQueue> queues) {
  for (RabbitmqQueue& queue : queues) {
    const auto named = named_.find(queue.name);
    if (named != named_.end()) {
      named->second = std::move(queue);
    } else if (!question_.discover || IsRabbitmqPlumbing(queue.name)) {
      continue;
    } else if (IsCeleryDelay(queue.name)) {
      AddDelayed(queue);
    } else if (!DramatiqBase(queue.name).empty()) {
      AddBeside(std::move(queue));
    } else if (question_.discover->Match(queue.name)) {
      AddFound(std::move(queue));
    }
  }
}

void RabbitmqListing::AddBeside(RabbitmqQueue queue) {
  const std::string base(DramatiqBase(queue.name));
  const bool is_wanted = named_.contains(base) || question_.discover->Match(base) ||
                         question_.discover->Match(queue.name);
  if (!is_wanted) return;
  // Two for each queue that may be shown.
  if (beside_.size() == 2 * kMostDiscovered && !beside_.contains(queue.name)) {
    ++left_out_;
    return;
  }
  std::string name = queue.name;
  beside_.insert_or_assign(std::move(name), std::move(queue));
}

std::optional<RabbitmqQueue>* RabbitmqListing::Whole(const std::string& name) {
  if (const auto named = named_.find(name); named != named_.end()) return &named->second;
  const auto found = found_.find(name);
  return found == found_.end() ? nullptr : &found->second;
}

// Only if all three exist: another application's queue may have such a name, too.
void RabbitmqListing::JoinDramatiq() {
  for (auto& [name, queue] : beside_) {
    const std::string base(DramatiqBase(name));
    std::optional<RabbitmqQueue>* const whole = Whole(base);
    const bool is_one = whole != nullptr && whole->has_value() &&
                        beside_.contains(base + std::string(kDramatiqDelayed)) &&
                        beside_.contains(base + std::string(kDramatiqDead));
    if (is_one) {
      // Workers take delayed messages in advance and hold them until they are due: unacked ones
      // count.
      auto& place = name.ends_with(kDramatiqDelayed) ? (*whole)->scheduled : (*whole)->failed;
      place = MessagesOf(queue);
    } else if (question_.discover->Match(name)) {
      AddFound(queue);
    }
  }
}

void RabbitmqListing::AddFound(RabbitmqQueue queue) {
  if (found_.size() == kMostDiscovered && !found_.contains(queue.name)) {
    ++left_out_;
    return;
  }
  std::string name = queue.name;
  found_.insert_or_assign(std::move(name), std::move(queue));
}

void RabbitmqListing::AddDelayed(const RabbitmqQueue& queue) {
  if (!wants_delayed_) return;
  if (delayed_.size() == kMostDelayQueues && !delayed_.contains(queue.name)) {
    too_many_delayed_ = true;
    return;
  }
  delayed_.insert_or_assign(queue.name, MessagesOf(queue));
}

// A sum without one of its parts would be wrong.
std::optional<double> RabbitmqListing::Delayed() const {
  if (too_many_delayed_) return std::nullopt;
  double sum = 0;
  for (const auto& [name, messages] : delayed_) {
    if (!messages) return std::nullopt;
    sum += *messages;
  }
  return sum;
}

RabbitmqFindings RabbitmqListing::Finish(bool is_whole) && {
  JoinDramatiq();
  RabbitmqFindings findings;
  for (auto& [name, queue] : named_) {
    if (queue) {
      findings.queues.push_back(*std::move(queue));
    } else {
      const std::string missing =
          is_whole ? "there is no such queue (" + std::string(kDeclaredFirst) + ")"
                   : "there is no such queue among those listed";
      findings.problems.emplace_back(ErrorKind::kMissing, missing, name);
    }
  }
  for (auto& [name, queue] : found_) findings.queues.push_back(*std::move(queue));
  if (is_whole && !delayed_.empty()) findings.delayed = Delayed();
  if (too_many_delayed_) {
    findings.problems.emplace_back(ErrorKind::kLimit,
                                   "more than " + std::to_string(kMostDelayQueues) +
                                       " delay queues: their messages are not summed");
  }
  findings.left_out = left_out_;
  if (left_out_ > 0) {
    findings.problems.emplace_back(ErrorKind::kLimit,
                                   "more than " + std::to_string(kMostDiscovered) +
                                       " queues match, and no more are shown: include fewer");
  }
  return findings;
}

}  // namespace collectors
