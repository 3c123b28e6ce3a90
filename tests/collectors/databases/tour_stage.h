#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "collectors/databases/database_tour.h"
#include "collectors/parts/database_label.h"
#include "collectors/parts/named_part.h"
#include "collectors/sql/counts/count_scan.h"
#include "tests/support/scripted_sql.h"

// A tour through a server that a test scripts.
namespace collectors::touring {

using exporter::CollectError;
using exporter::Deadline;
using exporter::SteadyTime;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

using Samples = std::vector<std::pair<std::string, double>>;

inline const SteadyTime kStart = SteadyTime() + seconds(1000);
inline constexpr minutes kInterval(5);

// A server with databases; `own` is the collector's.
struct Server {
  std::map<std::string, std::string> databases = {{"a", "1"}, {"b", "2"}, {"own", "3"}};  // Ids.
  std::map<std::string, CollectError> broken;
  std::set<std::string> slow;                   // Answer shortly before a run's deadline.
  std::vector<std::string> connected;           // Other databases, in the order of connecting.
  std::vector<std::string> asked;               // Databases, in the order of asking.
  std::set<std::string> other_column;           // Answer with a column of another name.
  std::map<std::string, std::string> leads_to;  // Mapped by a pooler.
  std::function<void()> on_asked = [] {};
};

using Parts = std::vector<std::unique_ptr<SqlPart>>;

// One statement, which returns the number of letters of the database's name.
inline Parts SizeOf(const std::string& database, std::optional<milliseconds> interval) {
  std::vector<SqlQuery> queries = {GaugeQuery("size")};
  queries[0].interval = interval;
  SetDatabase(queries, database, kInterval);
  Parts parts;
  parts.push_back(std::make_unique<QueryPart>(std::move(queries[0])));
  return parts;
}

inline Parts Named(const std::vector<std::string>& names, const std::string& database,
                   std::optional<milliseconds> interval = {}) {
  Parts parts;
  for (const std::string& name : names) {
    parts.push_back(std::make_unique<NamedPart>(name, SizeOf(database, interval)));
  }
  return parts;
}

// Two counts of one metric with different constant labels.
inline Parts TwoCounts(const std::string& database) {
  std::vector<SqlCount> counts(2);
  for (const char* state : {"new", "paid"}) {
    SqlCount& count = counts[*state == 'p'];
    count.metric.name = "size";
    count.name = std::string("size of ") + state;
    count.metric.constant_labels = {{"state", state}};
    count.table = "orders";
    count.up_to = 10;  // So that each runs alone.
  }
  SetDatabase(counts, database, kInterval);
  Parts parts;
  parts.push_back(std::make_unique<CountScan>(std::move(counts), SqlStatement{}));
  return parts;
}

struct Stage {
  explicit Stage(DatabaseRules rules = {{{}, {}}}, std::optional<milliseconds> interval = {})
      : Stage(std::move(rules), [interval](const std::string& database) {
          return Named({"tables"}, database, interval);
        }) {}
  Stage(DatabaseRules rules, DatabaseTour::PartsMaker make_parts)
      : tour(std::move(rules), std::move(make_parts)) {
    session.other_database = [this](const std::string& database) {
      server.connected.push_back(database);
      return std::make_unique<ScriptedSql>(
          [this, database](const SqlStatement& statement) { return Answer(database, statement); });
    };
  }

  Rows Size(const std::string& database, const std::string& column) {
    server.asked.push_back(database);
    server.on_asked();
    while (server.slow.contains(database) && deadline.Remaining() > milliseconds(20)) {
      std::this_thread::yield();
    }
    if (const auto error = server.broken.find(database); error != server.broken.end()) {
      throw CollectError(error->second);
    }
    const bool other = server.other_column.contains(database);
    return {{other ? "other" : column}, {{std::to_string(database.size())}}};
  }

  Rows Answer(const std::string& database, const SqlStatement& statement) {
    const std::string count = "exporter_count_0";
    if (statement.text.find(count) != std::string::npos) return Size(database, count);
    if (statement.text == "SELECT size") return Size(database, "v");
    if (statement.text.starts_with("SELECT oid")) {
      const auto led = server.leads_to.find(database);
      const std::string& name = led == server.leads_to.end() ? database : led->second;
      return {{"oid", "datname"}, {{server.databases.at(name), name}}};
    }
    Rows rows{{"datname", "oid", "current_database"}, {}};
    for (const auto& [name, id] : server.databases) rows.cells.push_back({name, id, "own"});
    return rows;
  }

  PartResult Run(milliseconds after = {}, milliseconds budget = minutes(1), bool is_retry = false) {
    now = kStart + after;
    deadline = Deadline::After(budget);
    server.asked.clear();
    return tour.Refresh({session, {deadline, watchdog, is_retry}, now});
  }
  PartResult Retry(milliseconds after) { return Run(after, minutes(1), true); }

  Samples Shown(const std::string& name) const {
    exporter::FamilySet families;
    tour.Write(families, now);
    for (const PartOutcome& outcome : tour.Outcomes()) WriteOutcome(families, outcome);
    Samples samples = SamplesOf(std::move(families), name);
    std::ranges::sort(samples);
    return samples;
  }

  std::vector<std::string> Problems() const {
    std::vector<std::string> texts;
    for (const CollectError& error : tour.Problems()) texts.emplace_back(error.what());
    return texts;
  }

  Server server;
  exporter::Watchdog watchdog;
  Deadline deadline = Deadline::After(minutes(1));
  SteadyTime now = kStart;
  ScriptedSql session{[this](const SqlStatement& statement) { return Answer("own", statement); }};
  DatabaseTour tour;
};

using Names = std::vector<std::string>;

}  // namespace collectors::touring
