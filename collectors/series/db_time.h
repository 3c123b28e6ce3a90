#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "exporter/config/yaml_reader.h"
#include "exporter/seam/deadline.h"

namespace collectors {

// A part shows nothing after this many rounds without a result.
inline constexpr int kRoundsUntilStale = 3;

// Limits how much of a database's time a collector may take: a share of one core. After a statement
// of t seconds the next one waits t / share, so that a slow query runs less often. The statements
// of one run do not wait for each other: they run until together they have cost what one interval
// pays for, and the next run waits until everything is paid. Not thread-safe.
class DbTime {
 public:
  // A share of 0.05 is a twentieth of a core.
  DbTime(double share, std::chrono::milliseconds interval) : share_(share), interval_(interval) {}

  // Begins a run. It may ask if all earlier statements are paid for.
  void BeginRun(exporter::SteadyTime now);
  // Whether the current run may send another statement.
  bool MayAsk() const;
  // Records a statement that ended at `end`. `seconds` is its time multiplied by the number of
  // processes that worked on it.
  void Spend(exporter::SteadyTime end, std::chrono::duration<double> seconds);

  // Records a statement without an answer for `seconds`, also if the server's own timeout ended it:
  // the server is stuck or unreachable, and does no work. So at most one interval pays for it, and
  // it does not count in spent().
  void SpendUnanswered(exporter::SteadyTime end, std::chrono::duration<double> seconds);

  // The total spent.
  std::chrono::duration<double> spent() const { return spent_; }
  // The number of statements that were answered, refusals included.
  std::uint64_t answers() const { return answers_; }

  // How long it takes to pay for `seconds`.
  std::chrono::milliseconds Payment(std::chrono::duration<double> seconds) const;
  // Sets the time in which every part of the collector has a turn, which exceeds the interval if
  // the parts have to be paid for. A long round stays in force for kRoundsUntilStale rounds, even
  // if later ones are shorter, because parts still wait for what it has spent.
  void SetRound(std::chrono::milliseconds round);
  std::chrono::milliseconds round() const { return round_; }

 private:
  double share_;
  std::chrono::milliseconds interval_;
  exporter::SteadyTime run_began_ = exporter::SteadyTime::min();
  bool run_may_ask_ = false;
  // When everything spent is paid for.
  exporter::SteadyTime paid_at_ = exporter::SteadyTime::min();
  std::chrono::duration<double> spent_{0};
  std::uint64_t answers_ = 0;
  std::chrono::milliseconds round_{0};
  exporter::SteadyTime round_began_ = exporter::SteadyTime::min();  // When round_ was last set.
};

// Reads `max_db_time`, such as "5%": a share of one core, from 0.1% to 100%. Reports mistakes to
// the reader.
double ReadMaxDbTime(exporter::YamlReader& options);

// Parses a share: "5%", "0.5 %". Returns nothing if it is invalid or out of bounds.
std::optional<double> ParseShare(std::string_view text);

}  // namespace collectors
