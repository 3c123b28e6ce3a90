#include "collectors/parts/metered_session.h"

#include <algorithm>
#include <chrono>

#include "collectors/series/row_cells.h"
#include "collectors/shared/epoch.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using std::chrono::steady_clock;

constexpr int kMostWorkers = 1024;  // The maximum in PostgreSQL.

// Calls a function at the end of its scope, also on an exception.
template <typename Function>
class AtExit {
 public:
  explicit AtExit(Function function) : function_(std::move(function)) {}
  ~AtExit() { function_(); }
  AtExit(const AtExit&) = delete;
  AtExit& operator=(const AtExit&) = delete;

 private:
  Function function_;
};

}  // namespace

int MeteredSession::Processes(const CollectContext& context, const SqlStatement& statement) {
  if (!statement.parallel || dialect() != SqlDialect::kPostgres) return 1;
  if (!workers_) {
    const Rows rows = session_->Query(
        context,
        {.text = "SELECT current_setting('max_parallel_workers_per_gather')", .parallel = true});
    const auto cell = rows.cells.empty() ? std::nullopt : rows.cells[0][0];
    const double workers = cell ? ParseSqlNumber(*cell).value_or(0) : 0;
    workers_ = static_cast<int>(std::clamp(workers, 0.0, double{kMostWorkers}));
  }
  return 1 + *workers_;
}

Rows MeteredSession::Query(const CollectContext& context, const SqlStatement& statement) {
  const int processes = Processes(context, statement);
  Outcome unnamed;
  Outcome& outcome =
      statement.name.empty() ? unnamed : (*outcomes_)[{statement.name, statement.database}];
  const auto begin = steady_clock::now();
  const AtExit spend([&] {
    const auto end = steady_clock::now();
    const std::chrono::duration<double> took = end - begin;
    outcome.duration_seconds = took.count();
    if (context.deadline.Expired()) {
      db_time_->SpendUnanswered(end, took);
    } else {
      db_time_->Spend(end, took * processes);
    }
  });
  Rows rows = session_->Query(context, statement);
  outcome.rows = rows.cells.size();
  outcome.last_success_unix = EpochNow();
  return rows;
}

std::unique_ptr<SqlSession> MeteredSession::OtherDatabase(const std::string& database) {
  auto other = session_->OtherDatabase(database);
  if (other == nullptr) return nullptr;
  return std::unique_ptr<SqlSession>(new MeteredSession(std::move(other), db_time_, outcomes_));
}

void MeteredSession::ForgetDatabase(const std::string& database) {
  std::erase_if(*outcomes_, [&](const auto& known) { return known.first.second == database; });
}

void MeteredSession::Write(exporter::FamilySet& families) const {
  families
      .Counter("exporter_db_time_seconds_total",
               "Time that the collector's statements took until they were answered, times the "
               "processes that may have worked on each.")
      .Add(db_time_->spent().count());
  for (const auto& [key, outcome] : *outcomes_) {
    exporter::Labels labels = {{"query", key.first}};
    if (!key.second.empty()) labels.emplace_back("datname", key.second);
    families.Gauge("exporter_query_duration_seconds", "How long the query took the last time.")
        .Add(labels, outcome.duration_seconds);
    families.Gauge("exporter_query_rows", "Rows of the query's last good answer.")
        .Add(labels, static_cast<double>(outcome.rows));
    families
        .Gauge("exporter_query_last_success_timestamp_seconds",
               "When the query last succeeded, in seconds since the epoch; 0 if it never has.")
        .Add(labels, outcome.last_success_unix);
  }
}

}  // namespace collectors
