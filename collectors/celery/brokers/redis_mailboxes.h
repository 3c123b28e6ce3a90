#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collectors/celery/brokers/redis_names.h"
#include "collectors/clients/redis/redis_session.h"
#include "exporter/seam/collector.h"

namespace collectors {

// The bindings of control calls, of workers and of replies: members of the sets, as they are.
struct RedisMailboxes {
  std::vector<std::string> workers;
  std::vector<std::string> replies;
};

// Commands: SCARD, SMEMBERS. Throws CollectError, kLimit if there are too many.
RedisMailboxes ReadMailboxes(const exporter::CollectContext& context, RedisSession& session,
                             const RedisNames& names);

// The workers that take control calls, by node name, in order: also those that were killed.
// Throws CollectError if a worker that is asked could fail to send its reply. For that it
// reads all members of the replies' set of bindings, splits each by its own separator and
// takes the parts as three texts (kombu.transport.redis, Channel.get_table): one member of
// another form is an exception, whoever wrote it.
std::vector<std::string> WorkersToAsk(const RedisMailboxes& boxes, const RedisNames& names);

// The worker of one member; throws CollectError, naming what it saw, if the member was not
// written with that separator.
std::string WorkerOfMailbox(std::string_view member, const RedisNames& names);

// Whether kombu can read the member: three parts, in UTF-8.
bool IsBinding(std::string_view member, std::string_view separator);

// The separator of a mailbox's member, by its form; empty if it has none.
std::string_view SeparatorOfMailbox(std::string_view member);

}  // namespace collectors
