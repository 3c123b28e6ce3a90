#include "collectors/parts/named_part.h"

#include <algorithm>
#include <iterator>

namespace collectors {

using exporter::CollectError;
using exporter::FamilySet;
using exporter::SeriesId;
using exporter::SteadyTime;

PartResult NamedPart::Refresh(const SqlRun& run) {
  const auto begun = std::chrono::steady_clock::now();
  // Stays failed if RefreshAll throws.
  outcome_ = {name_, outcome_ ? outcome_->seconds : 0, false};
  const PartResult result = RefreshAll(run);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  outcome_ = {name_, took.count(), result == PartResult::kDone};
  return result;
}

PartResult NamedPart::RefreshAll(const SqlRun& run) {
  PartResult worst = PartResult::kDone;
  for (const auto& statement : statements_) {
    PartResult result = PartResult::kTimedOut;
    if (run.context.deadline.Expired()) {
      statement->Skip();
    } else {
      result = statement->Refresh(run);
    }
    worst = std::max(worst, result);
  }
  return worst;
}

void NamedPart::Skip() {
  outcome_ = {name_, 0, false};
  for (const auto& statement : statements_) statement->Skip();
}

void NamedPart::Write(FamilySet& families, SteadyTime now) const {
  for (const auto& statement : statements_) statement->Write(families, now);
}

std::vector<CollectError> NamedPart::Problems() const {
  std::vector<CollectError> problems;
  for (const auto& statement : statements_) {
    std::ranges::move(statement->Problems(), std::back_inserter(problems));
  }
  return problems;
}

std::vector<PartOutcome> NamedPart::Outcomes() const {
  if (!outcome_) return {};
  return {*outcome_};
}

std::vector<SeriesId> NamedPart::Claims() const {
  std::vector<SeriesId> claims;
  for (const auto& statement : statements_) {
    std::ranges::move(statement->Claims(), std::back_inserter(claims));
  }
  std::ranges::move(OutcomeClaims(name_), std::back_inserter(claims));
  return claims;
}

std::optional<std::chrono::milliseconds> NamedPart::Interval() const {
  if (statements_.empty()) return std::nullopt;
  return statements_.front()->Interval();
}

}  // namespace collectors
