#pragma once

#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/seam/deadline.h"
#include "exporter/seam/family_set.h"
#include "exporter/seam/watchdog.h"

namespace exporter {

class YamlReader;
struct JobSettings;

// Why a run, or a part of it, failed. Each kind is a value of the label
// `reason` of exporter_collector_errors_total: keep the list short and stable.
enum class ErrorKind {
  kConnect,     // no connection could be made, or it broke
  kAuth,        // the target refused the user or the password
  kPermission,  // the target knows the user but denies this
  kTimeout,     // the deadline came first
  kProtocol,    // the answer is not valid
  kQuery,       // the target refused the question
  kMissing,     // a table, a key, a queue is not there
  kLimit,       // more than the configuration allows
  kInternal,    // a fault of the exporter
};
inline constexpr std::size_t kErrorKinds = 9;

// The label value of a kind: "connect", "auth" and so on.
std::string_view Name(ErrorKind kind);

// Whether the same question is likely to be answered soon: a lock is released, a server is back.
enum class Outlook { kLasting, kPassing };

// A run that failed, or a part of a run. The text goes to the log and must not hold a secret.
// `part` names the query, queue or preset that failed while the rest of the run succeeded. Each
// change of (part, kind) is logged once.
class CollectError : public std::runtime_error {
 public:
  CollectError(ErrorKind kind, const std::string& what, std::string part = "",
               Outlook outlook = Outlook::kLasting)
      : std::runtime_error(what), kind_(kind), outlook_(outlook), part_(std::move(part)) {}
  CollectError(ErrorKind kind, const std::string& what, Outlook outlook)
      : CollectError(kind, what, "", outlook) {}
  ErrorKind kind() const { return kind_; }
  const std::string& part() const { return part_; }
  bool IsPassing() const { return outlook_ == Outlook::kPassing || kind_ == ErrorKind::kConnect; }

  // The same failure, of that part.
  CollectError Of(std::string part) const { return {kind_, what(), std::move(part), outlook_}; }
  // The same failure, in other words.
  CollectError Saying(const std::string& text) const { return {kind_, text, part_, outlook_}; }

 private:
  ErrorKind kind_;
  Outlook outlook_;
  std::string part_;
};

// What a collector may use during one run.
struct CollectContext {
  Deadline deadline;
  Watchdog& watchdog;
  // The run is an extra one between two runs of the grid, because the last run met a passing
  // failure. Parts that were answered then need not be asked again.
  bool is_retry = false;
};

// The result of one run.
struct Reading {
  FamilySet families;
  // Parts that failed while the rest succeeded, as one bad query among ten.
  std::vector<CollectError> problems;
  // Parts that failed in an earlier run and were not due in this one. They are reported with the
  // problems, but not counted again.
  std::vector<CollectError> standing = {};
  // A part met a passing failure; a retry would ask it again.
  bool wants_retry = false;
  // Series left out to keep a bound; counted as dropped for the reason limit.
  std::size_t cut_series = 0;
  // The target answered, but another process does the work. Nothing is published, and the run
  // counts as skipped.
  bool skipped = false;
  // If set, the run failed with this error, but its families are still published in place of the
  // last reading: they hold what the collector knows without the target.
  std::optional<CollectError> failure = {};
  // If set, the reading is withdrawn at this time, whatever stale_after says.
  std::optional<SteadyTime> shown_until;
};

// The reading's problems, then its standing ones.
std::vector<CollectError> AllProblems(const Reading& reading);

// The identity of a series.
struct SeriesId {
  std::string name;
  Labels labels;
};

// Reads one backend. One thread calls it at a time, so an implementation needs no locks and may
// keep its connection from run to run:
//
//   class UptimeCollector : public exporter::Collector {
//    public:
//     explicit UptimeCollector(RedisTarget target) : session_(std::move(target)) {}
//     exporter::Reading Collect(const exporter::CollectContext& context) override {
//       exporter::Reading reading;
//       AddUptime(session_.Command(context, {"INFO", "server"}).text, reading.families);
//       return reading;
//     }
//
//    private:
//     RedisSession session_;
//   };
class Collector {
 public:
  virtual ~Collector() = default;

  // Reads the backend once and ends by context.deadline. Throws CollectError if there is nothing to
  // publish. Each socket that it blocks on is guarded by context.watchdog.
  virtual Reading Collect(const CollectContext& context) = 0;

  // The series that every reading has. Two collectors that claim the same series, after their
  // labels, are a configuration error. A label whose values are not known before a run is claimed
  // with the value "*".
  virtual std::vector<SeriesId> Claims() const { return {}; }

  // Metrics of the collector's own work; their names begin with exporter_. Called after each run,
  // also a failed one. They are published with the label collector.
  virtual FamilySet Account() const { return {}; }

  // Whether the last reading stays on the page after a failed run. False if another process may
  // have begun to export the same series.
  virtual bool KeepsReading() const { return true; }
};

// The value of a health family.
enum class HealthValue {
  kUp,                // gauge: 1 if the target answered in the last run, else 0
  kFailed,            // gauge: 1 if the last run failed, else 0
  kFailedWithReason,  // the same, with the label err: the ErrorKind's name, or ""
  kDuration,          // gauge: seconds that the last run took
  kDurations,         // summary without quantiles: seconds of all runs
  kCollections,       // counter: runs that ended
};

// A family about the runs themselves, under a name that users of another exporter know (redis_up,
// pg_up, redis_exporter_last_scrape_error). It is rendered from health at each scrape, so it is
// there and right even if the target never answered.
struct HealthFamily {
  std::string_view name;
  HealthValue value;
  std::string_view help;
};

// A type of collector, as a configuration names it.
struct CollectorType {
  std::string_view name;
  std::string_view summary;  // One sentence.
  std::string_view keys;     // For people: "key  what it does", a line for each key.
  std::string_view metrics;  // For people: a metric or a pattern on each line.
  std::span<const HealthFamily> health;
  // Reads the collector's own keys. Mistakes are noted in the reader; then it may return null. It
  // does not connect: the exporter must start even if a backend is down.
  std::unique_ptr<Collector> (*make)(YamlReader& options, const JobSettings& settings);
};

}  // namespace exporter
