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

// How much of a run a tour may take: half of its time, and what DbTime allows. A part that was
// never asked is asked at any cost, so that everything is there from the start.
class TourTime {
 public:
  explicit TourTime(const SqlRun& run);

  // Whether another part may be asked. The first part may be, even if little time is left.
  bool Allows(bool was_asked) const;
  void NoteAsked() { is_first_ = false; }
  // The run's context with an earlier deadline: a visit leaves a tenth of the time, so that the run
  // ends in time with the results of other databases.
  const exporter::CollectContext& context() const { return context_; }

 private:
  const SqlRun& run_;
  exporter::CollectContext context_;
  std::chrono::milliseconds half_;
  bool is_first_ = true;
};

// A statement that is asked in each database of a tour: the index of its part, and its name in
// SqlPart::Problems().
using TourStatement = std::pair<std::size_t, std::string>;

// The databases' answers to the statements.
struct TourAnswers {
  std::set<TourStatement> lacking;     // A database lacks something the statement needs.
  std::set<TourStatement> answered;    // A database has it.
  std::set<std::size_t> without_turn;  // Parts that a database still has to be asked for.
};

// One database of a tour, and the parts that are asked there. A visit opens one more connection,
// unless the database is the run's own. It keeps the connection for at most a second and one
// statement, because nobody can drop, rename or copy the database meanwhile.
class DatabaseStop {
 public:
  // `round` is the time between tours, `grid` the time between the collector's runs.
  DatabaseStop(ServerDatabase database, std::vector<std::unique_ptr<SqlPart>> parts,
               std::chrono::milliseconds round, std::chrono::milliseconds grid);

  const ServerDatabase& database() const { return database_; }
  void SetOwn(bool is_own) { database_.is_own = is_own; }

  void BeginRun();
  // Call when a round begins.
  void NoteRound(exporter::SteadyTime now);
  // Call when a run between two rounds begins: unlucky parts may be due.
  void NoteRun(exporter::SteadyTime now);
  // Whether a part is owed that had no turn in this round.
  bool IsWaiting() const;
  bool was_visited() const { return was_visited_; }
  // Whether a part had a passing failure in this run.
  bool IsUnlucky() const;

  // Asks the parts that are owed. Returns false if there was no time for all of them. Throws if the
  // run's own connection failed.
  bool Visit(const SqlRun& run, TourTime& time);

  void Write(exporter::FamilySet& families, exporter::SteadyTime now) const;
  void Account(exporter::FamilySet& families, exporter::SteadyTime until) const;
  std::vector<PartOutcome> Outcomes() const;
  // Adds the problems of this run to `found` and older ones to `standing`. Leaves out that a
  // statement in `skipped` is missing.
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
  // The visit as a whole failed, and with it every part that is owed.
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
