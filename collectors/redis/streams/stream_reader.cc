#include "collectors/redis/streams/stream_reader.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "collectors/clients/redis/stream_reply.h"
#include "collectors/redis/streams/stream_state.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;
using exporter::Labels;
using exporter::Reading;

// A reply holds a stream's first and last entry, of any size. This keeps a few large entries from
// exceeding the limit of a pipeline.
constexpr std::size_t kStreamsAtOnce = 50;

struct Group {
  const StreamTarget* stream;
  std::string name;
};

Labels LabelsOf(const StreamTarget& stream) {
  return {{"db", "db" + std::to_string(stream.database)}, {"stream", stream.key}};
}

Labels LabelsOf(const Group& group) {
  Labels labels = LabelsOf(*group.stream);
  labels.emplace_back("group", group.name);
  return labels;
}

bool IsError(const RedisReply& reply) { return reply.type == RedisReply::Type::kError; }
bool IsWrongType(const RedisReply& reply) { return reply.text.starts_with("WRONGTYPE"); }

class StreamRun {
 public:
  StreamRun(const CollectContext& context, KeyStore& store, const StreamRules& rules,
            StreamLags& lags, Reading& reading)
      : context_(context), store_(store), rules_(rules), lags_(lags), reading_(reading) {}

  void ReadSome(int database, std::span<const StreamTarget* const> streams) {
    std::vector<KeyCommand> commands;
    for (const StreamTarget* stream : streams) {
      commands.push_back({stream->key, {"XINFO", "STREAM", stream->key}});
      commands.push_back({stream->key, {"XINFO", "GROUPS", stream->key}});
    }
    const auto replies = store_.Ask(context_, database, commands);
    std::vector<Group> groups;
    for (std::size_t i = 0; i < streams.size(); ++i) {
      AddOne(*streams[i], replies.at(2 * i), replies.at(2 * i + 1), groups);
    }
    if (rules_.consumers) ReadConsumers(database, groups);
  }

 private:
  void AddOne(const StreamTarget& stream, const RedisReply& state, const RedisReply& group_states,
              std::vector<Group>& groups) try {
    const Labels labels = LabelsOf(stream);
    if (IsError(state)) return AddFailed(stream, state, labels);
    AddStream(state, labels, reading_.families);
    if (IsError(group_states)) throw RedisError("XINFO GROUPS", group_states);
    const auto names = StreamGroupNames(group_states);
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (groups_ == rules_.max_groups) {
        ++reading_.cut_series;
        continue;
      }
      ++groups_;
      groups.push_back({&stream, names[i]});
      const auto lag =
          lags_.Of({stream.database, stream.key, names[i]}, PlaceOf(state, group_states.items[i]));
      AddStreamGroup(group_states.items[i], lag, LabelsOf(groups.back()), reading_.families);
    }
  } catch (const CollectError& error) {
    NoteProblem(stream, error);
  }

  void AddFailed(const StreamTarget& stream, const RedisReply& state, const Labels& labels) {
    const bool is_absent = KindOfRedisError(state.text) == ErrorKind::kMissing;
    if (stream.is_configured && is_absent) return AddAbsentStream(labels, reading_.families);
    // A pattern also finds keys of other types, and keys that are deleted meanwhile.
    if (!stream.is_configured && (is_absent || IsWrongType(state))) return;
    throw RedisError("XINFO STREAM", state);
  }

  void ReadConsumers(int database, const std::vector<Group>& groups) {
    if (groups.empty()) return;
    std::vector<KeyCommand> commands;
    commands.reserve(groups.size());
    for (const Group& group : groups) {
      commands.push_back(
          {group.stream->key, {"XINFO", "CONSUMERS", group.stream->key, group.name}});
    }
    const auto replies = store_.Ask(context_, database, commands);
    for (std::size_t i = 0; i < groups.size(); ++i) {
      try {
        if (IsError(replies.at(i))) throw RedisError("XINFO CONSUMERS", replies[i]);
        AddStreamConsumers(replies[i], LabelsOf(groups[i]), reading_.families);
      } catch (const CollectError& error) {
        // The group may have been removed since it was listed.
        if (error.kind() != ErrorKind::kMissing) NoteProblem(*groups[i].stream, error);
      }
    }
  }

  void NoteProblem(const StreamTarget& stream, const CollectError& error) {
    reading_.problems.emplace_back(error.kind(), error.what(), "stream " + stream.key);
  }

  const CollectContext& context_;
  KeyStore& store_;
  const StreamRules& rules_;
  StreamLags& lags_;
  Reading& reading_;
  std::size_t groups_ = 0;
};

}  // namespace

void ReadStreams(const CollectContext& context, KeyStore& store,
                 std::span<const StreamTarget> streams, const StreamRules& rules, StreamLags& lags,
                 Reading& reading) {
  std::map<int, std::vector<const StreamTarget*>> by_database;
  for (const StreamTarget& stream : streams) by_database[stream.database].push_back(&stream);
  lags.BeginRun();
  StreamRun run(context, store, rules, lags, reading);
  for (const auto& [database, targets] : by_database) {
    const std::span<const StreamTarget* const> all(targets);
    for (std::size_t begin = 0; begin < all.size(); begin += kStreamsAtOnce) {
      run.ReadSome(database, all.subspan(begin, std::min(kStreamsAtOnce, all.size() - begin)));
    }
  }
}

}  // namespace collectors
