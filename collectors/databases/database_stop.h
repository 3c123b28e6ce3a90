#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collectors/databases/database_link.h"
#include "collectors/databases/database_list.h"
#include "collectors/parts/part_turn.h"
#include "collectors/parts/sql_part.h"

namespace collectors {

// How much of a run a tour may take: half of its time, and what DbTime affords. What was never
// asked is asked whatever it costs, so that all is there from the start.
class TourTime {
 public:
  explicit TourTime(const SqlRun& run);

  // Whether another part may be asked; the first one also if little time is left.
  bool Allows(bool was_asked) const;
  void NoteAsked() { is_first_ = false; }
  // Of the run, but that a tenth of the time is left when a visit takes all of its own: what
  // other databases answered must not be lost with the run.
  const exporter::CollectContext& context() const { return context_; }

 private:
  const SqlRun& run_;
  exporter::CollectContext context_;
  std::chrono::milliseconds half_;
  bool is_first_ = true;
};

// A statement that is asked in each database of a tour: the place of its part, and its name in
// SqlPart::Problems().
using TourStatement = std::pair<std::size_t, std::string>;

// What databases said of the statements.
struct TourAnswers {
  std::set<TourStatement> lacking;     // One has not what it asks for.
  std::set<TourStatement> answered;    // One has it.
  std::set<std::size_t> without_turn;  // Of these parts one is still to be asked.
};

// One database of a tour, and the parts that are asked there. A visit takes a connection more
// unless the database is the run's own, and keeps it for no longer than a second and a statement:
// while it is there nobody can drop, rename or copy the database.
class DatabaseStop {
 public:
  // `round` is how far apart the tours are, `grid` the collector's runs.
  DatabaseStop(ServerDatabase database, std::vector<std::unique_ptr<SqlPart>> parts,
               std::chrono::milliseconds round, std::chrono::milliseconds grid);

  const ServerDatabase& database() const { return database_; }
  void SetOwn(bool is_own) { database_.is_own = is_own; }

  void BeginRun();
  // A round begins.
  void NoteRound(exporter::SteadyTime now);
  // A run of the grid between two rounds begins: what was unlucky may be due.
  void NoteRun(exporter::SteadyTime now);
  // Whether something is owed that had no turn in this round.
  bool IsWaiting() const;
  bool was_visited() const { return was_visited_; }
  // Whether something met a failure that passes in this run.
  bool IsUnlucky() const;

  // Asks what is owed; false if there was no time for all of it. Throws if the run's own
  // connection is to blame.
  bool Visit(const SqlRun& run, TourTime& time);

  void Write(exporter::FamilySet& families, exporter::SteadyTime now) const;
  void Account(exporter::FamilySet& families, exporter::SteadyTime until) const;
  std::vector<PartOutcome> Outcomes() const;
  // Adds what is wrong, as found in this run or before it; not that what is in `skipped` is
  // missing.
  void AddProblems(const std::set<TourStatement>& skipped,
                   std::vector<exporter::CollectError>& found,
                   std::vector<exporter::CollectError>& standing) const;
  void AddAnswers(TourAnswers& answers) const;

 private:
  struct Entry {
    std::unique_ptr<SqlPart> part;
    PartTurn turn = {};
    bool was_asked = false;
    bool had_turn = false;  // Asked, or lost with the visit.
    bool in_this_run = false;
  };

  bool AskOwed(const SqlRun& run, DatabaseLink& link, TourTime& time);
  PartResult Ask(const SqlRun& run, DatabaseLink& link, Entry& entry);
  void Settle(Entry& entry, PartResult result, exporter::SteadyTime now) const;
  // The visit as a whole failed, and with it all that is owed.
  void Lose(const SqlRun& run, const exporter::CollectError& error);

  ServerDatabase database_;
  std::vector<Entry> entries_;
  std::chrono::milliseconds round_;
  std::chrono::milliseconds grid_;
  exporter::SteadyTime round_began_;
  bool was_visited_ = false;
  bool in_this_run_ = false;
  std::optional<exporter::CollectError> problem_;  // Of the last visit as a whole.
};

}  // namespace collectors
