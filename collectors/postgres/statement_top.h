#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace collectors {

// Identifies a statement in pg_stat_statements: OIDs and a signed number, as text.
struct StatementKey {
  std::string user_id;
  std::string database_id;
  std::string query_id;

  bool operator<(const StatementKey& other) const {
    return std::tie(user_id, database_id, query_id) <
           std::tie(other.user_id, other.database_id, other.query_id);
  }
};

// A statement's cost since its statistics were reset.
struct StatementUse {
  StatementKey key;
  std::string user;
  std::string database;
  double calls = 0;
  double seconds = 0;  // Execution time.
  double rows = 0;
  double read_seconds = 0;   // For shared blocks; 0 unless track_io_timing is on.
  double write_seconds = 0;  // Likewise.
};

// Chooses the statements that have series: at most `limit`. A statement must not come and go with
// every run, because that would break the rates of a dashboard.
//  - A member stays as long as the server reports it.
//  - Free places go to the statements with the most seconds.
//  - If no place is free, a statement takes the place of the member with the fewest seconds after
//    it had more than kClearly times that member's seconds in kRunsAbove runs in a row.
// Remembers `limit` members and up to as many candidates.
class StatementTop {
 public:
  static constexpr int kRunsAbove = 3;
  static constexpr double kClearly = 1.1;

  explicit StatementTop(std::size_t limit) : limit_(limit) {}

  // Takes what the server reports now: all members that it still has, and its own top of at least
  // `limit` statements. Returns the members, by key.
  std::vector<StatementUse> Update(const std::vector<StatementUse>& known);

  const std::set<StatementKey>& members() const { return members_; }

 private:
  // Lets the other statements, most expensive first, replace the cheapest members.
  void Challenge(const std::vector<const StatementUse*>& others,
                 const std::map<StatementKey, const StatementUse*>& uses);

  std::size_t limit_;
  std::set<StatementKey> members_;
  std::map<StatementKey, int> above_;  // Candidates, with the number of runs in a row.
};

}  // namespace collectors
