#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collectors/clients/redis/redis_session.h"
#include "exporter/seam/family_set.h"

namespace collectors {

// What XINFO STREAM, XINFO GROUPS and XINFO CONSUMERS answer, as families under
// the names of oliver006/redis_exporter:
// https://redis.io/docs/latest/commands/xinfo-stream/
// A field that an older server lacks, or cannot tell, is no sample. IDs are shown by their first
// half, milliseconds since the epoch. All of it is pure and passes over what is not of that shape.

// Labels are db and stream.
void AddStream(const RedisReply& stream, const exporter::Labels& labels,
               exporter::FamilySet& families);
// What a stream that is not there has: length and groups of 0.
void AddAbsentStream(const exporter::Labels& labels, exporter::FamilySet& families);
// Labels are db, stream and group.
void AddStreamGroup(const RedisReply& group, std::optional<double> lag,
                    const exporter::Labels& labels, exporter::FamilySet& families);
// Each consumer of the group; labels as AddStreamGroup's.
void AddStreamConsumers(const RedisReply& consumers, const exporter::Labels& labels,
                        exporter::FamilySet& families);

// The names of the groups in an answer to XINFO GROUPS, in its order.
std::vector<std::string> StreamGroupNames(const RedisReply& groups);

}  // namespace collectors
