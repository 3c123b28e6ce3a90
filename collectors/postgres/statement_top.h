#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace collectors {

// A statement as pg_stat_statements counts it: OIDs and a signed number, as text.
struct StatementKey {
  std::string user_id;
  std::string database_id;
  std::string query_id;

  bool operator<(const StatementKey& other) const {
    return std::tie(user_id, database_id, query_id) <
           std::tie(other.user_id, other.database_id, other.query_id);
  }
};

// What it has cost since its statistics were reset; times in seconds.
struct StatementUse {
  StatementKey key;
  std::string user;
  std::string database;
  double calls = 0;
  double seconds = 0;  // Executing.
  double rows = 0;
  double read_seconds = 0;   // Of shared blocks; 0 unless track_io_timing is on.
  double write_seconds = 0;  // Likewise.
};

// Which statements have series: at most `limit`, chosen so that one does not
// come and go with every run, which would cost a dashboard its rates.
//  - A member stays as long as the server knows it.
//  - Free places go to the statements with the most seconds.
//  - Where none is free, a statement that in kRunsAbove runs in a row had
//    kClearly times the seconds of the member with the fewest takes its place.
// Remembers `limit` members and as many that may follow them.
class StatementTop {
 public:
  static constexpr int kRunsAbove = 3;
  static constexpr double kClearly = 1.1;

  explicit StatementTop(std::size_t limit) : limit_(limit) {}

  // Takes what the server knows now: of the members all that are left, and its
  // own top of at least `limit`. Returns the members, by key.
  std::vector<StatementUse> Update(const std::vector<StatementUse>& known);

  const std::set<StatementKey>& members() const { return members_; }

 private:
  // Lets the others, costliest first, take the places of the cheapest members.
  void Challenge(const std::vector<const StatementUse*>& others,
                 const std::map<StatementKey, const StatementUse*>& uses);

  std::size_t limit_;
  std::set<StatementKey> members_;
  std::map<StatementKey, int> above_;  // Others, and for how many runs in a row.
};

}  // namespace collectors
