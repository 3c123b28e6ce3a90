#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "exporter/config/yaml_reader.h"
#include "exporter/seam/deadline.h"

namespace collectors {

// After so many rounds without an answer a part shows nothing any more.
inline constexpr int kRoundsUntilStale = 3;

// How much of a database's time a collector may take: a share of one core.
// After a statement of t seconds the next one waits t / share, so that a slow
// query thins itself out. The statements of one run are not held apart: they
// run until together they have cost what an interval pays for, and the next run
// waits until all is paid. One thread at a time.
class DbTime {
 public:
  // A share of 0.05 is a twentieth of a core.
  DbTime(double share, std::chrono::milliseconds interval) : share_(share), interval_(interval) {}

  // A run began: it may ask if all earlier statements are paid for.
  void BeginRun(exporter::SteadyTime now);
  // Whether that run may ask once more.
  bool MayAsk() const;
  // A statement took `seconds`, times the processes that worked on it, until `end`.
  void Spend(exporter::SteadyTime end, std::chrono::duration<double> seconds);

  // No answer came in `seconds`, also none that the server gave up by its own timeout: it stands
  // still, or nobody reaches it, and works on nothing. So an interval pays for it at most, and it
  // is not part of spent().
  void SpendUnanswered(exporter::SteadyTime end, std::chrono::duration<double> seconds);

  // Spent in all.
  std::chrono::duration<double> spent() const { return spent_; }
  // How many statements were answered, by a refusal too.
  std::uint64_t answers() const { return answers_; }

  // How long it takes to pay for `seconds`.
  std::chrono::milliseconds Payment(std::chrono::duration<double> seconds) const;
  // The time in which every part of the collector comes to its turn, where that
  // is longer than its interval because each has to be paid for. A long round
  // holds until kRoundsUntilStale of it are over, even if the next ones are
  // shorter: parts still wait for what it has spent.
  void SetRound(std::chrono::milliseconds round);
  std::chrono::milliseconds round() const { return round_; }

 private:
  double share_;
  std::chrono::milliseconds interval_;
  exporter::SteadyTime run_began_ = exporter::SteadyTime::min();
  bool run_may_ask_ = false;
  exporter::SteadyTime paid_at_ = exporter::SteadyTime::min();  // For all that was spent.
  std::chrono::duration<double> spent_{0};
  std::uint64_t answers_ = 0;
  std::chrono::milliseconds round_{0};
  exporter::SteadyTime round_began_ = exporter::SteadyTime::min();  // When it was last so long.
};

// `max_db_time`, as "5%": of one core, 0.1% to 100%. Notes what is wrong in the reader.
double ReadMaxDbTime(exporter::YamlReader& options);

// A share as it is written: "5%", "0.5 %". Absent where it is none, or out of bounds.
std::optional<double> ParseShare(std::string_view text);

}  // namespace collectors
