#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collectors/queue/rabbitmq/rabbitmq_source.h"

namespace collectors {

// Collects the answer to a question from the pages of a list of queues. Keeps at most
// kMostDiscovered queues that were not named. Pure.
class RabbitmqListing {
 public:
  static constexpr std::size_t kMostDiscovered = 1000;

  // `question` must outlive it.
  explicit RabbitmqListing(const RabbitmqQuestion& question);

  void Add(std::vector<RabbitmqQueue> queues);
  // `is_whole`: whether the pages had all queues.
  RabbitmqFindings Finish(bool is_whole) &&;

 private:
  void AddFound(RabbitmqQueue queue);
  // Keeps a queue that may be one of the three that Dramatiq makes of one.
  void AddBeside(RabbitmqQueue queue);
  // Joins those that are, and makes the others separate queues.
  void JoinDramatiq();
  std::optional<RabbitmqQueue>* Whole(const std::string& name);
  void AddDelayed(const RabbitmqQueue& queue);
  std::optional<double> Delayed() const;

  const RabbitmqQuestion& question_;
  const bool wants_delayed_;
  std::map<std::string, std::optional<RabbitmqQueue>> named_;  // Absent until a page has it.
  std::map<std::string, std::optional<RabbitmqQueue>> found_;  // All are present.
  std::map<std::string, RabbitmqQueue> beside_;  // Named X.DQ or X.XQ, and not asked for by name.
  // By name, because a queue may be on two pages if the list changes between them; absent if its
  // messages are not known.
  std::map<std::string, std::optional<double>> delayed_;
  bool too_many_delayed_ = false;
  std::size_t left_out_ = 0;
};

}  // namespace collectors
