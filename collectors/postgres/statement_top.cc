#include "collectors/postgres/statement_top.h"

#include <algorithm>
#include <set>
#include <utility>

namespace collectors {
namespace {

bool Costlier(const StatementUse* a, const StatementUse* b) {
  return a->seconds != b->seconds ? a->seconds > b->seconds : a->key < b->key;
}

}  // namespace

std::vector<StatementUse> StatementTop::Update(const std::vector<StatementUse>& known) {
  std::map<StatementKey, const StatementUse*> uses;
  for (const StatementUse& use : known) uses.emplace(use.key, &use);
  std::erase_if(members_, [&](const StatementKey& key) { return !uses.contains(key); });
  std::vector<const StatementUse*> others;
  for (const auto& [key, use] : uses) {
    if (!members_.contains(key)) others.push_back(use);
  }
  std::ranges::sort(others, Costlier);
  const std::size_t free = std::min(limit_ - members_.size(), others.size());
  for (std::size_t i = 0; i < free; ++i) members_.insert(others[i]->key);
  others.erase(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(free));
  others.resize(std::min(others.size(), limit_));
  Challenge(others, uses);
  std::vector<StatementUse> shown;
  for (const StatementKey& key : members_) shown.push_back(*uses.at(key));
  return shown;
}

void StatementTop::Challenge(const std::vector<const StatementUse*>& others,
                             const std::map<StatementKey, const StatementUse*>& uses) {
  std::set<std::pair<double, StatementKey>> cheapest;
  for (const StatementKey& key : members_) cheapest.emplace(uses.at(key)->seconds, key);
  std::map<StatementKey, int> above;
  for (const StatementUse* const other : others) {
    const auto least = cheapest.begin();
    if (least == cheapest.end() || other->seconds <= least->first * kClearly) break;
    const auto before = above_.find(other->key);
    const int runs = before == above_.end() ? 1 : before->second + 1;
    if (runs < kRunsAbove) {
      above[other->key] = runs;
      continue;
    }
    members_.erase(least->second);
    members_.insert(other->key);
    cheapest.erase(least);
    cheapest.emplace(other->seconds, other->key);
  }
  above_ = std::move(above);
}

}  // namespace collectors
