#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collectors/celery/brokers/redis_names.h"
#include "collectors/clients/redis/redis_session.h"
#include "exporter/seam/collector.h"

namespace collectors {

// The bindings of control calls to workers, and of replies: members of the sets, as they are.
struct RedisMailboxes {
  std::vector<std::string> workers;
  std::vector<std::string> replies;
};

// Commands: SCARD, SMEMBERS. Throws CollectError; kLimit if there are too many members.
RedisMailboxes ReadMailboxes(const exporter::CollectContext& context, RedisSession& session,
                             const RedisNames& names);

// Returns the workers that take control calls, by node name, sorted, also those that were killed.
// Throws CollectError if a worker that is asked could fail to send its reply. To reply, a worker
// reads all members of the set of reply bindings, splits each by its own separator and takes the
// parts as three texts (kombu.transport.redis, Channel.get_table). One member of another form
// raises an exception, whichever program wrote it.
std::vector<std::string> WorkersToAsk(const RedisMailboxes& boxes, const RedisNames& names);

// Returns the worker of one member. If the member was not written with names.separator, throws
// CollectError with what it saw.
std::string WorkerOfMailbox(std::string_view member, const RedisNames& names);

// Whether kombu can read the member: three parts, in UTF-8.
bool IsBinding(std::string_view member, std::string_view separator);

// Returns the separator of a mailbox's member, by its form; empty if there is none.
std::string_view SeparatorOfMailbox(std::string_view member);

}  // namespace collectors
