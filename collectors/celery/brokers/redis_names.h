#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collectors/celery/wire/control_message.h"

namespace collectors {

inline constexpr char kSeparator[] = "\x06\x16";

// The names of keys and channels in kombu's Redis transport (kombu/transport/redis.py). The options
// are those of `broker_transport_options`.
struct RedisNames {
  std::string prefix = {};                      // global_keyprefix
  std::string separator = kSeparator;           // sep
  std::vector<int> priority_steps{0, 3, 6, 9};  // A list for each; that of 0 has the queue's name.
  std::string event_exchange = "celeryev";      // event_exchange
  ControlExchanges control = ControlExchanges();
  // fanout_prefix: possible prefixes of channel names, the usual one first. {db} stands for the
  // number of the database.
  std::vector<std::string> fanout_prefixes{"/{db}.", ""};
  // Whether {db} may also be literal, as in kombu before 5.4 behind sentinels. All databases share
  // such a channel, so it is not used with other targets.
  bool has_literal_fanout = false;
  bool fanout_patterns = true;                  // fanout_patterns
  std::string unacked = "unacked";              // unacked_key
  std::string unacked_index = "unacked_index";  // unacked_index_key

  // The lists of a queue, in the order of the steps.
  std::vector<std::string> Lists(std::string_view queue) const;
  std::string Unacked() const { return prefix + unacked; }
  std::string UnackedIndex() const { return prefix + unacked_index; }
  // An exchange's set of bindings has this prefix and the exchange's name.
  std::string BindingPrefix() const { return prefix + "_kombu.binding."; }
  // Key of the bindings of replies to control calls.
  std::string ReplyBinding() const { return BindingPrefix() + control.replies; }
  // Key of the bindings of the workers' mailboxes.
  std::string MailboxBinding() const { return BindingPrefix() + control.calls; }
  // All channels on which workers may listen for control calls, the usual one first.
  std::vector<std::string> ControlChannels(int database) const;
  // Whether the usual channel is of this database alone.
  bool HasOwnChannel() const;
  // PSUBSCRIBE patterns for all channels that events may come on.
  std::vector<std::string> EventPatterns(int database) const;

 private:
  // Possible prefixes of an exchange's channel.
  std::vector<std::string> Fanouts(int database) const;
};

}  // namespace collectors
