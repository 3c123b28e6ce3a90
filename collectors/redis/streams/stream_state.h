#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collectors/clients/redis/redis_session.h"
#include "exporter/seam/family_set.h"

namespace collectors {

// Turns the replies to XINFO STREAM, XINFO GROUPS and XINFO CONSUMERS into families, under the
// names of oliver006/redis_exporter:
// https://redis.io/docs/latest/commands/xinfo-stream/
// A field that an older server lacks or does not know has no sample. An ID is shown as its first
// half, milliseconds since the epoch. All functions are pure and ignore values of another shape.

// `labels` are db and stream.
void AddStream(const RedisReply& stream, const exporter::Labels& labels,
               exporter::FamilySet& families);
// Adds the families of a stream that does not exist: a length of 0 and 0 groups.
void AddAbsentStream(const exporter::Labels& labels, exporter::FamilySet& families);
// `labels` are db, stream and group.
void AddStreamGroup(const RedisReply& group, std::optional<double> lag,
                    const exporter::Labels& labels, exporter::FamilySet& families);
// Adds each consumer of the group. `labels` are as for AddStreamGroup.
void AddStreamConsumers(const RedisReply& consumers, const exporter::Labels& labels,
                        exporter::FamilySet& families);

// Returns the groups' names in a reply to XINFO GROUPS, in its order.
std::vector<std::string> StreamGroupNames(const RedisReply& groups);

}  // namespace collectors
