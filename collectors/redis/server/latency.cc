#include "collectors/redis/server/latency.h"

#include <string>
#include <utility>

#include "collectors/redis/server/reply_shape.h"

namespace collectors {
namespace {

using exporter::FamilySet;
using prometheus::ClientMetric;
using Type = RedisReply::Type;

constexpr int kFirstWithHistograms = 70000;

double Whole(const RedisReply& reply) { return static_cast<double>(reply.integer); }

// Returns the microseconds of the command and its subcommands ("config|get").
double MicrosecondsOf(const InfoText& info, const std::string& command) {
  double sum = 0;
  const std::string field = "cmdstat_" + command;
  for (auto row = info.lower_bound(field); row != info.end() && row->first.starts_with(field);
       ++row) {
    if (row->first.size() > field.size() && row->first[field.size()] != '|') continue;
    const InfoText parts = InfoParts(row->second);
    const auto usec = parts.find("usec");
    if (usec != parts.end()) sum += FiniteNumber(usec->second).value_or(0);
  }
  return sum;
}

// Parses ["calls", 3, "histogram_usec", [1, 2, 4, 3]]: upper bounds and cumulative counts.
ClientMetric::Histogram HistogramOf(const RedisReply& details) {
  ClientMetric::Histogram histogram;
  if (details.items.size() < 4) return histogram;
  histogram.sample_count = static_cast<std::uint64_t>(details.items[1].integer);
  const auto& buckets = details.items[3].items;
  for (std::size_t i = 0; i + 1 < buckets.size(); i += 2) {
    ClientMetric::Bucket bucket;
    bucket.upper_bound = Whole(buckets[i]);
    bucket.cumulative_count = static_cast<std::uint64_t>(buckets[i + 1].integer);
    histogram.bucket.push_back(bucket);
  }
  return histogram;
}

}  // namespace

std::vector<RedisCommand> LatencyCommands(const ServerFacts& server) {
  if (server.is_sentinel) return {};
  return {{"LATENCY", "LATEST"}};
}

void AddLatency(std::span<const RedisReply> replies, const ServerFacts& /*server*/,
                FamilySet& families) {
  for (const RedisReply& event : Expect(replies[0], Type::kArray, "LATENCY LATEST").items) {
    // An event is [name, time of the last spike, its milliseconds, the maximum milliseconds].
    if (event.items.size() < 3) continue;
    const exporter::Labels labels = {{"event_name", event.items[0].text}};
    families.Gauge("redis_latency_spike_last", "When the event was last slow, in epoch seconds.")
        .Add(labels, Whole(event.items[1]));
    families
        .Gauge("redis_latency_spike_duration_seconds", "How long the event took when last slow.")
        .Add(labels, Whole(event.items[2]) / 1e3);
  }
}

std::vector<RedisCommand> LatencyHistogramCommands(const ServerFacts& server) {
  if (server.is_sentinel || server.version < kFirstWithHistograms) return {};
  return {{"LATENCY", "HISTOGRAM"}};
}

void AddLatencyHistograms(std::span<const RedisReply> replies, const ServerFacts& server,
                          FamilySet& families) {
  const auto& items = Expect(replies[0], Type::kArray, "LATENCY HISTOGRAM").items;
  auto& latencies =
      families.Open(prometheus::MetricType::Histogram, "redis_commands_latencies_usec",
                    "Microseconds of each call, by command.");
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    ClientMetric::Histogram histogram = HistogramOf(items[i + 1]);
    histogram.sample_sum = MicrosecondsOf(server.info, items[i].text);
    latencies.Add({{"cmd", items[i].text}}, histogram);
  }
}

}  // namespace collectors
