#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collectors/celery/wire/control_message.h"

namespace collectors {

inline constexpr char kSeparator[] = "\x06\x16";

// What kombu's Redis transport calls its keys and channels
// (kombu/transport/redis.py). The options are those of `broker_transport_options`.
struct RedisNames {
  std::string prefix = {};                      // global_keyprefix
  std::string separator = kSeparator;           // sep
  std::vector<int> priority_steps{0, 3, 6, 9};  // A list for each; 0 has the queue's own name.
  std::string event_exchange = "celeryev";      // event_exchange
  ControlExchanges control = ControlExchanges();
  // fanout_prefix: what may stand before the names of channels, the usual one first. {db} is the
  // number of the database.
  std::vector<std::string> fanout_prefixes{"/{db}.", ""};
  // Whether {db} may stand there as it is, as kombu before 5.4 has it behind sentinels. All
  // databases share such a channel, so it is for no other target.
  bool has_literal_fanout = false;
  bool fanout_patterns = true;                  // fanout_patterns
  std::string unacked = "unacked";              // unacked_key
  std::string unacked_index = "unacked_index";  // unacked_index_key

  // The lists of a queue, in the order of the steps.
  std::vector<std::string> Lists(std::string_view queue) const;
  std::string Unacked() const { return prefix + unacked; }
  std::string UnackedIndex() const { return prefix + unacked_index; }
  // Before the name of an exchange: its set of bindings.
  std::string BindingPrefix() const { return prefix + "_kombu.binding."; }
  // The bindings of replies to control calls.
  std::string ReplyBinding() const { return BindingPrefix() + control.replies; }
  // The bindings of the workers' mailboxes.
  std::string MailboxBinding() const { return BindingPrefix() + control.calls; }
  // All the channels that control calls may be heard on, the usual one first.
  std::vector<std::string> ControlChannels(int database) const;
  // Whether the usual channel is that of the database alone.
  bool HasOwnChannel() const;
  // Patterns for PSUBSCRIBE of all the channels that events may come on.
  std::vector<std::string> EventPatterns(int database) const;

 private:
  // What may stand before the name of an exchange.
  std::vector<std::string> Fanouts(int database) const;
};

}  // namespace collectors
