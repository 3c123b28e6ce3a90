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
  kAuth,        // the target refused who we are
  kPermission,  // the target knows us and does not let us see this
  kTimeout,     // the deadline came first
  kProtocol,    // the answer is no valid one
  kQuery,       // the target refused the question
  kMissing,     // what was asked for is not there
  kLimit,       // more than the configuration allows
  kInternal,    // a fault of ours
};
inline constexpr std::size_t kErrorKinds = 9;

// The label value of a kind: "connect", "auth" and so on.
std::string_view Name(ErrorKind kind);

// Whether the same question may well be answered soon: a lock goes, a server is back.
enum class Outlook { kLasting, kPassing };

// A run or a part of one that failed. The text is for the log; it must hold
// no secret. `part` names what failed where the rest of the run is good (a
// query, a queue, a preset); a change of (part, kind) is logged once.
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
  // The run is between two of the grid, since the last one met a failure that passes: what
  // was answered then need not be asked again.
  bool is_retry = false;
};

// What one run found. `problems` are the parts that failed while the rest is
// good, as one bad query among ten; `standing` those that failed before and were
// not due in this run: told with them, and not counted again.
struct Reading {
  FamilySet families;
  std::vector<CollectError> problems;
  std::vector<CollectError> standing = {};
  // Some of it met a failure that passes, and would be asked again by a retry.
  bool wants_retry = false;
  // Series left out to keep a bound; counted as dropped for the reason limit.
  std::size_t cut_series = 0;
  // The target answered, and the work is another process's: nothing is shown,
  // and the run counts as skipped.
  bool skipped = false;
  // Where set, the run has failed by it, as if it had been thrown; but the rest is
  // shown, in place of the last reading: what the collector knows without the target.
  std::optional<CollectError> failure = {};
  // Where set, nothing of it is shown from then on, whatever stale_after says.
  std::optional<SteadyTime> shown_until;
};

// What is wrong after the run: its problems and those that stand.
std::vector<CollectError> AllProblems(const Reading& reading);

// A series by its name and its labels.
struct SeriesId {
  std::string name;
  Labels labels;
};

// Reads one backend. Called by one thread at a time, so an implementation
// needs no locks and may keep its connection from one run to the next.
class Collector {
 public:
  virtual ~Collector() = default;

  // Reads the backend once. Throws CollectError when it found nothing worth
  // showing. Guards every socket it blocks on with context.watchdog.
  virtual Reading Collect(const CollectContext& context) = 0;

  // Series that it exports whatever it finds. Two collectors that claim the
  // same series after their labels are a configuration error. A label whose
  // values are not known before a run is claimed with the value "*".
  virtual std::vector<SeriesId> Claims() const { return {}; }

  // What it tells of its own work, under names that begin with exporter_: asked
  // after each run, a failed one too, and shown with the label collector.
  virtual FamilySet Account() const { return {}; }

  // Whether its last reading stays on the page after a run that failed. Not
  // where another process may have begun to export the same.
  virtual bool KeepsReading() const { return true; }
};

// What a health family shows.
enum class HealthValue {
  kUp,                // gauge: 1 if the target answered in the last run, else 0
  kFailed,            // gauge: 1 if the last run failed, else 0
  kFailedWithReason,  // the same, with the label err: the ErrorKind's name, or ""
  kDuration,          // gauge: seconds that the last run took
  kDurations,         // summary without quantiles: seconds of all runs
  kCollections,       // counter: runs that ended
};

// A family that tells of the runs themselves under a name that users of another
// exporter know (redis_up, pg_up, redis_exporter_last_scrape_error). Rendered
// from health for each scrape, so it is there and right while nothing else is.
struct HealthFamily {
  std::string_view name;
  HealthValue value;
  std::string_view help;
};

// A kind of collector that a configuration may name.
struct CollectorType {
  std::string_view name;
  std::string_view summary;  // One sentence.
  std::string_view keys;     // For people: one "key  what it does" a line.
  std::string_view metrics;  // For people: one metric or pattern a line.
  std::span<const HealthFamily> health;
  // Reads the collector's own keys, notes what is wrong with them in the
  // reader and then may return null. Connects to nothing: a backend that is
  // down must not keep the exporter from starting.
  std::unique_ptr<Collector> (*make)(YamlReader& options, const JobSettings& settings);
};

}  // namespace exporter
