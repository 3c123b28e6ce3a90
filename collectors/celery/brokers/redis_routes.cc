#include "collectors/celery/brokers/redis_routes.h"

#include <re2/re2.h>

#include <algorithm>

#include "exporter/seam/utf8.h"

namespace collectors {
namespace {

constexpr std::size_t kMaxBindings = 10000;
constexpr std::size_t kMaxExchanges = 10000;
// Trying one takes a microsecond, for each new exchange and key.
constexpr std::size_t kMaxPatterns = 256;
constexpr std::size_t kMaxFound = 10000;
constexpr std::size_t kMaxName = 512;

}  // namespace

void RedisRoutes::Add(const std::string& exchange, std::string_view member) {
  const std::string& separator = names_.separator;
  const std::size_t first = member.find(separator);
  if (first == std::string_view::npos) return;
  const std::size_t second = member.find(separator, first + separator.size());
  if (second == std::string_view::npos) return;
  const std::string_view queue = member.substr(second + separator.size());
  if (!IsOfTasks(queue) || member.size() > 3 * kMaxName) return;
  const std::size_t begin = first + separator.size();
  const std::string_view pattern = member.substr(begin, second - begin);
  const re2::RE2* compiled = pattern.empty() ? nullptr : Compiled(pattern);
  if (++bindings_ > kMaxBindings || (!pattern.empty() && compiled == nullptr)) Cut(exchange);
  if (bindings_ > kMaxBindings) return;
  exchanges_[exchange].bindings.push_back(
      {std::string(member.substr(0, first)), compiled, std::string(queue)});
}

void RedisRoutes::Cut(const std::string& exchange) {
  if (exchanges_.size() < kMaxExchanges || exchanges_.contains(exchange)) {
    exchanges_[exchange].is_cut = true;
  } else {
    has_lost_exchanges_ = true;
  }
}

const re2::RE2* RedisRoutes::Compiled(std::string_view pattern) {
  const auto found = patterns_.find(pattern);
  if (found != patterns_.end()) return found->second.get();
  if (patterns_.size() >= kMaxPatterns) return nullptr;
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(64 << 10);
  auto compiled =
      std::make_shared<const re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  return patterns_.emplace(pattern, std::move(compiled)).first->second.get();
}

bool RedisRoutes::IsOfTasks(std::string_view queue) const {
  return !queue.empty() && queue.size() <= kMaxName && exporter::IsUtf8(queue) &&
         !queue.ends_with(".pidbox") && !queue.starts_with(names_.event_exchange + ".");
}

bool RedisRoutes::IsKnown(const std::string& exchange) const {
  const auto found = exchanges_.find(exchange);
  return found == exchanges_.end() ? !has_lost_exchanges_ : !found->second.is_cut;
}

const std::vector<std::string>& RedisRoutes::QueuesOf(const std::string& exchange,
                                                      const std::string& routing_key) {
  if (found_.size() >= kMaxFound) found_.clear();
  const auto [place, is_new] = found_.try_emplace({exchange, routing_key});
  if (is_new) place->second = Match(exchange, routing_key);
  return place->second;
}

std::vector<std::string> RedisRoutes::Match(const std::string& exchange,
                                            const std::string& routing_key) const {
  const auto found = exchanges_.find(exchange);
  if (found == exchanges_.end() || found->second.is_cut) return {};
  std::set<std::string> queues;
  for (const Binding& binding : found->second.bindings) {
    const bool is_matched = binding.pattern != nullptr && binding.pattern->ok() &&
                            re2::RE2::FullMatch(routing_key, *binding.pattern);
    if (is_matched || binding.routing_key == routing_key) queues.insert(binding.queue);
  }
  return {queues.begin(), queues.end()};
}

void RedisRoutes::AddQueues(std::size_t most, std::set<std::string>& queues) const {
  for (const auto& [exchange, of_exchange] : exchanges_) {
    for (const Binding& binding : of_exchange.bindings) {
      if (queues.size() < most) queues.insert(binding.queue);
    }
  }
}

std::size_t RedisRoutes::cut_exchanges() const {
  return std::ranges::count_if(exchanges_, [](const auto& each) { return each.second.is_cut; }) +
         (has_lost_exchanges_ ? 1 : 0);
}

}  // namespace collectors
