#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collectors/celery/control_message.h"

namespace collectors {

inline constexpr char kSeparator[] = "\x06\x16";

// What kombu's Redis transport calls its keys and channels
// (kombu/transport/redis.py). The options are those of `broker_transport_options`.
struct RedisNames {
  std::string prefix = {};                      // global_keyprefix
  std::string separator = kSeparator;           // sep
  std::vector<int> priority_steps{0, 3, 6, 9};  // A list for each; 0 has the queue's own name.
  std::string event_exchange = "celeryev";      // event_exchange

  // The lists of a queue, in the order of the steps.
  std::vector<std::string> Lists(std::string_view queue) const;
  std::string Unacked() const { return prefix + "unacked"; }
  std::string UnackedIndex() const { return prefix + "unacked_index"; }
  // Before the name of an exchange: its set of bindings.
  std::string BindingPrefix() const { return prefix + "_kombu.binding."; }
  // The bindings of replies to control calls.
  std::string ReplyBinding() const { return BindingPrefix() + kReplyExchange; }
  // Where control calls are published: with fanout_prefix, as is usual, and without.
  std::string ControlChannel(int database) const;
  std::string BareControlChannel() const { return prefix + "celery.pidbox"; }
  // Patterns for PSUBSCRIBE of all the channels that events may come on: with and
  // without fanout_prefix, with and without fanout_patterns.
  std::vector<std::string> EventPatterns(int database) const;
};

}  // namespace collectors
