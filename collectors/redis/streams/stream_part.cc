#include "collectors/redis/streams/stream_part.h"

#include <utility>

namespace collectors {

using exporter::CollectContext;
using exporter::Reading;
using exporter::SeriesId;

StreamSearch::StreamSearch(int database, KeyPattern pattern, std::size_t most)
    : database_(database), pattern_(std::move(pattern)), most_(most) {}

void StreamSearch::WalkBegan() {
  fresh_.clear();
  fresh_cut_ = 0;
}

void StreamSearch::AskOf(const CollectContext* context, KeyStore* store) {
  context_ = context;
  store_ = store;
}

std::vector<std::string> StreamSearch::StreamsAmong(std::vector<std::string> keys,
                                                    std::size_t shard) const {
  if (keys.empty() || store_ == nullptr) return keys;
  std::vector<RedisCommand> commands;
  commands.reserve(keys.size());
  for (const std::string& key : keys) commands.push_back({"TYPE", key});
  const std::vector<RedisReply> types = store_->AskShard(*context_, shard, database_, commands);
  std::vector<std::string> streams;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const bool is_known = types.at(i).type == RedisReply::Type::kStatus;
    if (!is_known || types[i].text == "stream") streams.push_back(std::move(keys[i]));
  }
  return streams;
}

void StreamSearch::KeysFound(const KeyBatch& batch) {
  std::set<std::string> strange;  // SCAN may return a key twice.
  for (const std::string& key : batch.keys) {
    if (pattern_.Match(key) && !fresh_.contains(key)) strange.insert(key);
  }
  for (const std::string& key : StreamsAmong({strange.begin(), strange.end()}, batch.shard)) {
    if (fresh_.size() < most_ && key.size() <= kLongestKey) {
      fresh_.insert(key);
    } else {
      ++fresh_cut_;
    }
  }
}

void StreamSearch::WalkEnded() {
  known_ = std::move(fresh_);
  cut_ = fresh_cut_;
  WalkBegan();
}

std::set<std::string> StreamSearch::Keys() const {
  std::set<std::string> keys = known_;
  for (const std::string& key : fresh_) {
    if (keys.size() < most_) keys.insert(key);
  }
  return keys;
}

void StreamPart::Search(int database, KeyPattern pattern, std::size_t most) {
  searches_.push_back(std::make_unique<StreamSearch>(database, std::move(pattern), most));
}

void StreamPart::BeginStep(const CollectContext& context, KeyStore& store) {
  for (const auto& search : searches_) search->AskOf(&context, &store);
}

void StreamPart::ListenTo(KeyWalks& walks) {
  for (const auto& search : searches_) walks.Add(*search);
}

void StreamPart::Collect(const CollectContext& context, KeyStore& store, Reading& reading) {
  std::vector<StreamTarget> streams = named_;
  std::set<std::pair<int, std::string>> seen;
  for (const StreamTarget& stream : named_) seen.emplace(stream.database, stream.key);
  for (const auto& search : searches_) {
    reading.cut_series += search->cut();
    for (const std::string& key : search->Keys()) {
      if (seen.emplace(search->database(), key).second) {
        streams.push_back({search->database(), key, /*is_configured=*/false});
      }
    }
  }
  ReadStreams(context, store, streams, rules_, lags_, reading);
}

std::vector<SeriesId> StreamPart::Claims() const {
  std::vector<SeriesId> claims;
  for (const StreamTarget& stream : named_) {
    const std::string db = "db" + std::to_string(stream.database);
    claims.push_back({"redis_stream_length", {{"db", db}, {"stream", stream.key}}});
  }
  for (const auto& search : searches_) {
    const std::string db = "db" + std::to_string(search->database());
    claims.push_back({"redis_stream_length", {{"db", db}, {"stream", "*"}}});
  }
  return claims;
}

}  // namespace collectors
