#include "collectors/pgbouncer/client_groups.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "collectors/series/row_cells.h"
#include "collectors/series/shown_table.h"

namespace collectors {
namespace {

constexpr std::size_t kMostGroups = 500;
constexpr const char* kOther = "other";

struct Group {
  std::string user, database, application_name, state;

  bool operator<(const Group& other) const {
    return std::tie(user, database, application_name, state) <
           std::tie(other.user, other.database, other.application_name, other.state);
  }
};
using Groups = std::map<Group, double>;

Groups GroupsOf(const Rows& rows) {
  const std::size_t user = NeededColumn(rows, "user");
  const std::size_t database = NeededColumn(rows, "database");
  const std::size_t state = NeededColumn(rows, "state");
  const auto application = FindColumn(rows, "application_name");
  Groups groups;
  for (const auto& cells : rows.cells) {
    ++groups[{LabelValue(cells[user]), LabelValue(cells[database]),
              application ? LabelValue(cells[*application]) : "", LabelValue(cells[state])}];
  }
  return groups;
}

// Orders equal groups by their labels, so that the choice of groups is stable.
Groups Largest(const Groups& groups) {
  std::vector<std::pair<double, const Group*>> order;
  order.reserve(groups.size());
  for (const auto& [group, clients] : groups) order.emplace_back(-clients, &group);
  std::ranges::sort(order, [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : *a.second < *b.second;
  });
  Groups shown;
  for (std::size_t n = 0; n < order.size(); ++n) {
    Group group = *order[n].second;
    if (n >= kMostGroups) group.application_name = kOther;
    shown[std::move(group)] -= order[n].first;
  }
  return shown;
}

}  // namespace

void AddClientGroups(const Rows& rows, exporter::Reading& reading) {
  auto& family = reading.families.Gauge(
      "pgbouncer_client_connections",
      "Client connections by user, database, application_name and state; beyond the 500 largest "
      "groups the application_name is \"other\".");
  for (const auto& [group, clients] : Largest(GroupsOf(rows))) {
    family.Add({{"user", group.user},
                {"database", group.database},
                {"application_name", group.application_name},
                {"state", group.state}},
               clients);
  }
}

}  // namespace collectors
