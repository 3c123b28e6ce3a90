#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collectors/clients/sql/sql_session.h"
#include "collectors/parts/part_outcome.h"
#include "collectors/series/db_time.h"
#include "exporter/seam/collector.h"

namespace collectors {

// What a part may use during one run.
struct SqlRun {
  SqlSession& session;
  const exporter::CollectContext& context;
  exporter::SteadyTime now;  // When the run began.
  const DbTime* db_time = nullptr;

  // Whether DbTime allows one more statement. For a part that has several.
  bool MayAsk() const { return db_time == nullptr || db_time->MayAsk(); }
};

// How a part ended if the target answered. kUnlucky: it had a passing failure and is asked again
// soon. kPostponed: it continues in the next run that DbTime allows.
enum class PartResult { kDone, kFailed, kUnlucky, kTimedOut, kPostponed };

// A piece of a collector's run that may fail alone: a query with its metrics, or the counts on one
// table.
class SqlPart {
 public:
  virtual ~SqlPart() = default;

  // Asks, and keeps the results for Write. Throws if the run must end: EndsRun(kind). Other
  // failures are in Problems().
  virtual PartResult Refresh(const SqlRun& run) = 0;
  // Records that there was no time to ask.
  virtual void Skip() = 0;

  virtual void Write(exporter::FamilySet& families, exporter::SteadyTime now) const = 0;
  // Problems of the last Refresh or Skip.
  virtual std::vector<exporter::CollectError> Problems() const = 0;
  // Older problems, of statements that the last Refresh did not ask. They are reported, but not
  // counted again.
  virtual std::vector<exporter::CollectError> Standing() const { return {}; }
  // The names, as in Problems(), of statements whose tables and columns existed when the target
  // last answered.
  virtual std::vector<std::string> Answered() const { return {}; }
  // Outcomes of named parts, for pg_scrape_collector_*.
  virtual std::vector<PartOutcome> Outcomes() const { return {}; }
  virtual std::vector<exporter::SeriesId> Claims() const = 0;
  // Adds the part's account of its own work (Collector::Account). Families about its series live as
  // long as the series, but not beyond `until`.
  virtual void Account(exporter::FamilySet& /*families*/, exporter::SteadyTime /*until*/) const {}
  // Whether the part itself asks SqlRun::MayAsk() before each expensive statement. It then runs
  // even if DbTime allows no statement.
  virtual bool PacesItself() const { return false; }
  // How often the part asks; absent if in every run.
  virtual std::optional<std::chrono::milliseconds> Interval() const = 0;
};

// Whether a failure is the target's, not the statement's, so that every other statement would fail,
// too.
bool EndsRun(exporter::ErrorKind kind);

// Returns the result of a part with a failure that does not end the run.
PartResult ResultOf(const exporter::CollectError& error);

// Returns the problem of a part that was not asked.
exporter::CollectError NoTimeLeft(const std::string& part);

}  // namespace collectors
