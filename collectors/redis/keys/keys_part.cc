#include "collectors/redis/keys/keys_part.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "collectors/redis/keys/key_pipeline.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;
using exporter::Reading;
using exporter::SeriesId;

// How many keys to ask about at once. Bounds the memory of questions and replies, here and in the
// server.
constexpr std::size_t kKeysTogether = 20000;
// More rounds than any probe needs. A key whose type keeps changing is given up.
constexpr int kMostRounds = 12;

struct Asked {
  KeyProbe* probe;
  KeyTroubles* troubles;
};

// Asks the probes' open questions until there are no more.
void Run(const CollectContext& context, KeyStore& store, int database,
         std::span<const Asked> probes) {
  for (int round = 0; round < kMostRounds; ++round) {
    KeyPipeline pipeline(store.TakesManyKeys());
    std::vector<std::pair<Asked, KeyQuestion>> questions;
    for (const Asked& asked : probes) {
      for (const KeyQuestion question : asked.probe->Open()) {
        pipeline.Add(asked.probe->key(), asked.probe->CommandOf(question),
                     !asked.probe->is_apart());
        questions.emplace_back(asked, question);
      }
    }
    if (pipeline.empty()) return;
    pipeline.Send(context, store, database);
    for (std::size_t i = 0; i < questions.size(); ++i) {
      const auto& [asked, question] = questions[i];
      const RedisReply& answer = pipeline.Answer(i);
      const bool is_certain = !pipeline.IsShared(i) || answer.type == RedisReply::Type::kString;
      if (is_certain) {
        asked.probe->Take(question, answer, *asked.troubles);
      } else {
        asked.probe->AskApart(answer);
      }
    }
  }
}

bool IsUnreachable(ErrorKind kind) {
  return kind == ErrorKind::kTimeout || kind == ErrorKind::kConnect || kind == ErrorKind::kAuth;
}

SeriesId ClaimOf(const KeyEntry& entry) {
  if (entry.metric.empty()) {
    const bool counts = entry.value == KeyValue::kCount;
    return {counts ? "redis_keys_count" : "redis_key_size",
            {{"db", DatabaseLabel(entry.database)},
             {"key", entry.pattern && !counts ? "*" : entry.text()}}};
  }
  SeriesId claim{entry.metric, entry.labels};
  if (!entry.pattern) return claim;
  for (const std::string& name : entry.pattern->names()) claim.labels.emplace_back(name, "*");
  return claim;
}

}  // namespace

KeysPart::KeysPart(std::vector<KeyEntry> entries, std::size_t max_series, KeyWalks& walks) {
  for (KeyEntry& entry : entries) {
    if (entry.value == KeyValue::kCount) {
      counts_.push_back(std::make_unique<KeyCount>(std::move(entry), max_series));
      walks.Add(*counts_.back());
      continue;
    }
    KeySeries& series =
        *series_.emplace_back(std::make_unique<KeySeries>(std::move(entry), max_series));
    if (series.entry().pattern) walks.Add(series);
    by_database_[series.database()].push_back(&series);
  }
}

void KeysPart::Collect(const CollectContext& context, KeyStore& store, Reading& reading) {
  for (const auto& [database, group] : by_database_) {
    try {
      ReadGroup(context, store, database, group);
    } catch (const CollectError& error) {
      if (IsUnreachable(error.kind())) throw;
      reading.problems.emplace_back(
          error.kind(), fmt::format("the keys of db{}: {}", database, error.what()), "keys");
      for (KeySeries* series : group) series->Distrust();
    }
  }
  ShownKeys shown;
  for (const auto& series : series_) series->Write(shown, reading);
  for (const auto& count : counts_) count->Write(reading);
  WriteMatches(reading.families);
}

void KeysPart::ReadGroup(const CollectContext& context, KeyStore& store, int database,
                         const Group& group) {
  std::vector<Asked> probes;
  for (KeySeries* series : group) {
    for (KeyProbe* probe : series->Begin()) probes.push_back({probe, &series->troubles()});
  }
  const std::span<const Asked> all = probes;
  for (std::size_t at = 0; at < all.size(); at += kKeysTogether) {
    Run(context, store, database, all.subspan(at, std::min(kKeysTogether, all.size() - at)));
  }
}

void KeysPart::WriteMatches(exporter::FamilySet& families) const {
  std::set<std::pair<int, std::string>> written;
  const auto write = [&](const auto& listener) {
    const KeyEntry& entry = listener.entry();
    const std::optional<std::size_t> matches = listener.matches();
    if (!matches || !written.emplace(entry.database, entry.text()).second) return;
    families
        .Gauge("redis_key_discovery_matches",
               "Keys that the last complete walk found to match the pattern.")
        .Add({{"db", DatabaseLabel(entry.database)}, {"pattern", entry.text()}},
             static_cast<double>(*matches));
  };
  for (const auto& series : series_) write(*series);
  for (const auto& count : counts_) write(*count);
}

std::vector<SeriesId> KeysPart::Claims() const {
  std::vector<SeriesId> claims;
  for (const auto& series : series_) claims.push_back(ClaimOf(series->entry()));
  for (const auto& count : counts_) claims.push_back(ClaimOf(count->entry()));
  return claims;
}

}  // namespace collectors
