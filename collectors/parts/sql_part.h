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

  // Whether one more statement is affordable; asked by a part that has several.
  bool MayAsk() const { return db_time == nullptr || db_time->MayAsk(); }
};

// How a part ended if the target did answer. What was unlucky met a failure that passes, and is
// asked again soon. What is postponed goes on in the next run that DbTime affords.
enum class PartResult { kDone, kFailed, kUnlucky, kTimedOut, kPostponed };

// A piece of a collector's run that may fail alone: a query with its metrics,
// or the counts on one table.
class SqlPart {
 public:
  virtual ~SqlPart() = default;

  // Asks, and keeps what was found for Write. Throws where the run must end:
  // EndsRun(kind). What failed otherwise is in Problems().
  virtual PartResult Refresh(const SqlRun& run) = 0;
  // Notes that there was no time to ask.
  virtual void Skip() = 0;

  virtual void Write(exporter::FamilySet& families, exporter::SteadyTime now) const = 0;
  // What is wrong since the last Refresh.
  virtual std::vector<exporter::CollectError> Problems() const = 0;
  // What was wrong before it, with what that Refresh did not ask: told, and not counted again.
  virtual std::vector<exporter::CollectError> Standing() const { return {}; }
  // The names, as in Problems(), of what the target had when it last said whether it does.
  virtual std::vector<std::string> Answered() const { return {}; }
  // How what has a name of its own went, for pg_scrape_collector_*.
  virtual std::vector<PartOutcome> Outcomes() const { return {}; }
  virtual std::vector<exporter::SeriesId> Claims() const = 0;
  // What it says of its own work (Collector::Account). What it says of its series lives as long as
  // they do, and not beyond `until`.
  virtual void Account(exporter::FamilySet& /*families*/, exporter::SteadyTime /*until*/) const {}
  // Whether it asks SqlRun::MayAsk() itself before each dear statement, and so runs also if DbTime
  // affords none.
  virtual bool PacesItself() const { return false; }
  // How often it asks; absent where it does so in every run.
  virtual std::optional<std::chrono::milliseconds> Interval() const = 0;
};

// Whether a failure is the target's and not the statement's: the others would
// only meet it again.
bool EndsRun(exporter::ErrorKind kind);

// How a part ended that met the failure, which does not end the run.
PartResult ResultOf(const exporter::CollectError& error);

// The problem of a part that was not asked.
exporter::CollectError NoTimeLeft(const std::string& part);

}  // namespace collectors
