#include "collectors/queue/entry_budget.h"

#include <algorithm>

namespace collectors {
namespace {

constexpr std::chrono::minutes kFirstRest{10};
constexpr std::chrono::hours kLongestRest{6};
constexpr std::size_t kPipeline = EntryBudget::kLargeEntry;
constexpr std::size_t kLongestStep = 64;

// Takes up to `count` from the end.
std::vector<std::size_t> Some(std::vector<std::size_t>& from, std::size_t count) {
  std::vector<std::size_t> some;
  while (!from.empty() && some.size() < count) {
    some.push_back(from.back());
    from.pop_back();
  }
  return some;
}

}  // namespace

void EntryBudget::Begin(std::span<const Id> queues, exporter::SteadyTime now) {
  now_ = now;
  bytes_ = 0;
  step_ = 1;
  std::map<Id, Known> before;
  before.swap(known_);
  queues_.clear();
  for (const Id& id : queues) {
    auto node = before.extract(id);
    if (node.empty()) {
      queues_.push_back(&known_[id]);
    } else {
      queues_.push_back(&known_.insert(std::move(node)).position->second);
    }
  }
  std::erase_if(before, [now](const auto& entry) { return entry.second.until <= now; });
  known_.merge(before);
  for (std::vector<std::size_t>* const list : {&measured_, &unmeasured_, &suspects_, &asked_}) {
    list->clear();
  }
  for (std::size_t place = queues_.size(); place-- > 0;) {
    const Known& known = *queues_[place];
    if (known.until > now) continue;
    const bool is_suspect = known.is_suspect || known.rest.count() > 0;
    auto& list = is_suspect ? suspects_ : known.is_measured ? measured_ : unmeasured_;
    list.push_back(place);
  }
}

std::vector<std::size_t> EntryBudget::Next() {
  asked_.clear();
  if (bytes_ >= kCollection) return {};
  asked_ = Measured();
  learns_ = asked_.empty();
  if (asked_.empty()) asked_ = Some(unmeasured_, step_);
  if (asked_.empty()) asked_ = Some(suspects_, 1);
  return asked_;
}

std::vector<std::size_t> EntryBudget::Measured() {
  std::vector<std::size_t> some;
  std::size_t expected = 0;
  while (!measured_.empty() && some.size() < kTogether) {
    expected += queues_[measured_.back()]->bytes;
    if (expected > kPipeline && !some.empty()) break;
    some.push_back(measured_.back());
    measured_.pop_back();
  }
  return some;
}

void EntryBudget::Took(std::span<const std::size_t> bytes) {
  bool all_small = true;
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    Known& known = *queues_[asked_[i]];
    bytes_ += bytes[i];
    known.bytes = bytes[i];
    known.is_suspect = false;
    known.is_measured = bytes[i] <= kLargeEntry;
    if (known.is_measured) {
      known.rest = {};
    } else {
      Rest(known);
      all_small = false;
    }
  }
  if (learns_) step_ = all_small ? std::min(2 * step_, kLongestStep) : 1;
}

void EntryBudget::Broke() {
  if (asked_.size() == 1 && queues_[asked_.front()]->is_suspect) Rest(*queues_[asked_.front()]);
  for (const std::size_t place : asked_) {
    queues_[place]->is_suspect = true;
    queues_[place]->is_measured = false;
  }
}

void EntryBudget::Rest(Known& known) const {
  known.rest = std::clamp<std::chrono::seconds>(2 * known.rest, kFirstRest, kLongestRest);
  known.until = now_ + known.rest;
}

bool EntryBudget::Rests(std::size_t place) const { return queues_[place]->until > now_; }

}  // namespace collectors
