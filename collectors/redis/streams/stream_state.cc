#include "collectors/redis/streams/stream_state.h"

#include <charconv>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "collectors/clients/redis/stream_reply.h"

namespace collectors {
namespace {

using exporter::FamilySet;
using exporter::Labels;

enum class Shape {
  kNumber,        // An integer.
  kMilliseconds,  // An integer, shown in seconds.
  kId,            // "1526999626221-0"
  kEntry,         // An entry, whose first item is its ID; nil if there is none.
};

struct StreamField {
  std::string_view field;
  std::string_view metric;
  Shape shape;
  std::string_view help;
};

constexpr StreamField kStreamFields[] = {
    {"length", "redis_stream_length", Shape::kNumber, "Entries in the stream."},
    {"radix-tree-keys", "redis_stream_radix_tree_keys", Shape::kNumber,
     "Keys of the radix tree that holds the stream."},
    {"radix-tree-nodes", "redis_stream_radix_tree_nodes", Shape::kNumber,
     "Nodes of the radix tree that holds the stream."},
    {"last-generated-id", "redis_stream_last_generated_id", Shape::kId,
     "When the latest ID was given out, in epoch milliseconds."},
    {"max-deleted-entry-id", "redis_stream_max_deleted_entry_id", Shape::kId,
     "ID of the highest entry that was deleted, in epoch milliseconds; 0 for none."},
    {"groups", "redis_stream_groups", Shape::kNumber, "Consumer groups of the stream."},
    {"first-entry", "redis_stream_first_entry_id", Shape::kEntry,
     "ID of the first entry, in epoch milliseconds; 0 for none."},
    {"last-entry", "redis_stream_last_entry_id", Shape::kEntry,
     "ID of the last entry, in epoch milliseconds; 0 for none."},
};

constexpr StreamField kGroupFields[] = {
    {"consumers", "redis_stream_group_consumers", Shape::kNumber, "Consumers of the group."},
    {"pending", "redis_stream_group_messages_pending", Shape::kNumber,
     "Entries delivered to the group and not acknowledged."},
    {"last-delivered-id", "redis_stream_group_last_delivered_id", Shape::kId,
     "ID of the entry delivered last, in epoch milliseconds."},
    {"entries-read", "redis_stream_group_entries_read", Shape::kNumber,
     "Entries that the group has read, as far as the server knows."},
};

constexpr std::string_view kLag = "redis_stream_group_lag";
constexpr std::string_view kLagHelp =
    "Entries not delivered to the group yet; absent if the server cannot tell, or if entries were "
    "removed and its count may be wrong.";

constexpr StreamField kConsumerFields[] = {
    {"pending", "redis_stream_group_consumer_messages_pending", Shape::kNumber,
     "Entries delivered to the consumer and not acknowledged."},
    {"idle", "redis_stream_group_consumer_idle_seconds", Shape::kMilliseconds,
     "Seconds since the consumer last tried to read or claim."},
};

std::optional<double> MillisecondsOf(std::string_view id) {
  double value = 0;
  const std::string_view first = id.substr(0, id.find('-'));
  const char* const end = first.data() + first.size();
  std::uint64_t milliseconds = 0;
  const auto [stop, error] = std::from_chars(first.data(), end, milliseconds);
  if (error != std::errc() || stop != end) return std::nullopt;
  value = static_cast<double>(milliseconds);
  return value;
}

std::optional<double> ValueOf(const RedisReply& reply, Shape shape) {
  using Type = RedisReply::Type;
  switch (shape) {
    case Shape::kNumber:
    case Shape::kMilliseconds:
      if (reply.type != Type::kInteger) return std::nullopt;
      return static_cast<double>(reply.integer) / (shape == Shape::kNumber ? 1 : 1e3);
    case Shape::kId:
      return MillisecondsOf(reply.text);
    case Shape::kEntry:
      if (reply.type == Type::kNil) return 0;
      return reply.items.empty() ? std::nullopt : MillisecondsOf(reply.items.front().text);
  }
  return std::nullopt;
}

void AddFields(const RedisReply& pairs, std::span<const StreamField> fields, const Labels& labels,
               FamilySet& families) {
  for (const StreamField& field : fields) {
    const RedisReply* const reply = FieldOf(pairs, field.field);
    const std::optional<double> value =
        reply == nullptr ? std::nullopt : ValueOf(*reply, field.shape);
    if (value) families.Gauge(field.metric, field.help).Add(labels, *value);
  }
}

std::string NameOf(const RedisReply& pairs) {
  const RedisReply* const name = FieldOf(pairs, "name");
  return name == nullptr ? "" : name->text;
}

Labels With(Labels labels, std::string_view name, std::string value) {
  labels.emplace_back(name, std::move(value));
  return labels;
}

}  // namespace

void AddStream(const RedisReply& stream, const Labels& labels, FamilySet& families) {
  AddFields(stream, kStreamFields, labels, families);
}

void AddAbsentStream(const Labels& labels, FamilySet& families) {
  for (const StreamField& field : kStreamFields) {
    if (field.field == "length" || field.field == "groups") {
      families.Gauge(field.metric, field.help).Add(labels, 0);
    }
  }
}

void AddStreamGroup(const RedisReply& group, std::optional<double> lag, const Labels& labels,
                    FamilySet& families) {
  AddFields(group, kGroupFields, labels, families);
  if (lag) families.Gauge(kLag, kLagHelp).Add(labels, *lag);
}

void AddStreamConsumers(const RedisReply& consumers, const Labels& labels, FamilySet& families) {
  for (const RedisReply& consumer : consumers.items) {
    AddFields(consumer, kConsumerFields, With(labels, "consumer", NameOf(consumer)), families);
  }
}

std::vector<std::string> StreamGroupNames(const RedisReply& groups) {
  std::vector<std::string> names;
  for (const RedisReply& group : groups.items) names.push_back(NameOf(group));
  return names;
}

}  // namespace collectors
