#include "collectors/postgres/process_idle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "collectors/series/row_cells.h"

namespace collectors {
namespace {

using Cells = std::vector<std::optional<std::string>>;
using Histogram = prometheus::ClientMetric::Histogram;

constexpr std::array<double, 9> kBounds = {1, 2, 5, 15, 30, 60, 90, 120, 300};
constexpr const char* kOther = "other";
// There is at most one row per session, so this exceeds any server.
constexpr std::size_t kMaxRows = 300'000;

// Columns of IdleStatement. After them comes one column per bucket.
enum Column : std::size_t { kHidden, kRole, kApplication, kState, kSessions, kSum, kFirstBucket };

double NumberAt(const Cells& cells, std::size_t column) {
  return cells[column] ? ParseSqlNumber(*cells[column]).value_or(0) : 0;
}

Histogram HistogramOf(const Cells& cells) {
  Histogram histogram;
  histogram.sample_count = static_cast<std::uint64_t>(NumberAt(cells, kSessions));
  histogram.sample_sum = NumberAt(cells, kSum);
  for (std::size_t i = 0; i < kBounds.size(); ++i) {
    const auto count = static_cast<std::uint64_t>(NumberAt(cells, kFirstBucket + i));
    histogram.bucket.push_back({count, kBounds[i]});
  }
  return histogram;
}

void AddTo(Histogram& sum, const Histogram& part) {
  if (sum.bucket.empty()) {
    sum = part;
    return;
  }
  sum.sample_count += part.sample_count;
  sum.sample_sum += part.sample_sum;
  for (std::size_t i = 0; i < sum.bucket.size(); ++i) {
    sum.bucket[i].cumulative_count += part.bucket[i].cumulative_count;
  }
}

// Holds each pair of application_name and state once, even if the server returns it twice.
class Groups {
 public:
  void Add(const IdleGroup& group) {
    AddTo(by_name_[{group.application_name, group.state}], group.seconds);
  }
  std::vector<IdleGroup> Take() && {
    std::vector<IdleGroup> groups;
    for (auto& [name, seconds] : by_name_) {
      groups.push_back({name.first, name.second, std::move(seconds)});
    }
    return groups;
  }

 private:
  std::map<std::pair<std::string, std::string>, Histogram> by_name_;
};

// Returns the applications with a session whose state is hidden. Sets `role` to the role from which
// it is hidden.
std::set<std::string> HiddenApplications(const Rows& rows, std::string& role) {
  std::set<std::string> applications;
  for (const Cells& cells : rows.cells) {
    if (cells[kHidden] != "t") continue;
    applications.insert(LabelValue(cells[kApplication]));
    role = LabelValue(cells[kRole]);
  }
  return applications;
}

// Sorts by sessions, most first, and then by name, so that the choice is stable.
void SortBySessions(std::vector<IdleGroup>& groups) {
  std::ranges::stable_sort(groups, [](const IdleGroup& a, const IdleGroup& b) {
    return a.seconds.sample_count > b.seconds.sample_count;
  });
}

std::vector<IdleGroup> WithOther(std::vector<IdleGroup> groups, std::size_t most) {
  SortBySessions(groups);
  Groups bounded;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (i >= most) groups[i].application_name = kOther;
    bounded.Add(groups[i]);
  }
  return std::move(bounded).Take();
}

}  // namespace

SqlStatement IdleStatement() {
  std::string text =
      "SELECT hidden, current_user, application_name, state, count(*),"
      " greatest(sum(seconds::bigint), 0)";
  for (const double bound : kBounds) {
    text += fmt::format(", count(*) FILTER (WHERE seconds <= {})", bound);
  }
  text +=
      " FROM (SELECT backend_type IS NULL AND usesysid IS NOT NULL AND datid IS NOT NULL AS hidden,"
      " application_name, state, extract(epoch FROM current_timestamp - state_change) AS seconds"
      " FROM pg_stat_activity WHERE pid <> pg_backend_pid()) AS session"
      " WHERE hidden OR state LIKE 'idle%' GROUP BY 1, 2, 3, 4";
  return {.text = std::move(text), .max_rows = kMaxRows};
}

IdleGroups MapIdle(const Rows& rows, std::size_t most) {
  IdleGroups found;
  const std::set<std::string> hidden = HiddenApplications(rows, found.blind_role);
  Groups groups;
  for (const Cells& cells : rows.cells) {
    const std::string application = LabelValue(cells[kApplication]);
    if (hidden.contains(application)) continue;
    groups.Add({application, LabelValue(cells[kState]), HistogramOf(cells)});
  }
  found.groups = WithOther(std::move(groups).Take(), most);
  return found;
}

void WriteIdle(const std::vector<IdleGroup>& groups, std::optional<exporter::SteadyTime> expires_at,
               exporter::FamilySet& families) {
  auto& family = families.Open(prometheus::MetricType::Histogram, "pg_process_idle_seconds",
                               "Sessions of an application that are idle, by the seconds since "
                               "they have been in this state.",
                               expires_at);
  for (const IdleGroup& group : groups) {
    family.Add({{"application_name", group.application_name}, {"state", group.state}},
               group.seconds);
  }
}

}  // namespace collectors
