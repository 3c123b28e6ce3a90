#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collectors/queue/rabbitmq/rabbitmq_source.h"

namespace collectors {

// What the pages of a list of queues say about a question. Bounded: at most
// kMostDiscovered queues that were not named are kept. Pure.
class RabbitmqListing {
 public:
  static constexpr std::size_t kMostDiscovered = 1000;

  // `question` must outlive it.
  explicit RabbitmqListing(const RabbitmqQuestion& question);

  void Add(std::vector<RabbitmqQueue> queues);
  // Where `is_whole` is false, there are queues that no page told of.
  RabbitmqFindings Finish(bool is_whole) &&;

 private:
  void AddFound(RabbitmqQueue queue);
  // A queue that may be one of the three that Dramatiq makes of one.
  void AddBeside(RabbitmqQueue queue);
  // Joins those that are, and lets the others be queues of their own.
  void JoinDramatiq();
  std::optional<RabbitmqQueue>* Whole(const std::string& name);
  void AddDelayed(const RabbitmqQueue& queue);
  std::optional<double> Delayed() const;

  const RabbitmqQuestion& question_;
  const bool wants_delayed_;
  std::map<std::string, std::optional<RabbitmqQueue>> named_;  // Null until a page has it.
  std::map<std::string, std::optional<RabbitmqQueue>> found_;  // None is null.
  std::map<std::string, RabbitmqQueue> beside_;  // Named X.DQ or X.XQ, and not asked for by name.
  // By its name, as a queue may be on two pages where the list changes between
  // them; null where its messages are not known.
  std::map<std::string, std::optional<double>> delayed_;
  bool too_many_delayed_ = false;
  std::size_t left_out_ = 0;
};

}  // namespace collectors
