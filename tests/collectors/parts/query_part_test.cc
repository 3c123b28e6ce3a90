#include "collectors/parts/query_part.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/scripted_sql.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using exporter::SteadyTime;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Shown = std::vector<std::pair<std::string, double>>;

const SteadyTime kStart = SteadyTime() + seconds(1000);

SqlQuery Users(OnError on_error = OnError::kKeep) {
  SqlQuery query;
  query.name = "users";
  query.statement.text = "SELECT users";
  query.metrics.resize(1);
  query.metrics[0].metric.name = "users";
  query.metrics[0].metric.value = "n";
  query.rules.stale_after = seconds(60);
  query.on_error = on_error;
  return query;
}

// A session that records how much time each statement has.
class TimedSql : public ScriptedSql {
 public:
  using ScriptedSql::ScriptedSql;
  Rows Query(const exporter::CollectContext& context, const SqlStatement& statement) override {
    deadline = context.deadline;
    return ScriptedSql::Query(context, statement);
  }
  std::optional<Deadline> deadline;
};

// A part and its server. The test sets the next answer.
struct Stage {
  explicit Stage(SqlQuery query) : part(std::move(query)) {}

  PartResult Run(SteadyTime now) { return part.Refresh({session, context, now}); }
  Shown At(SteadyTime now) const {
    exporter::FamilySet families;
    part.Write(families, now);
    return SamplesOf(std::move(families), "users");
  }

  std::function<Rows()> answer = [] { return Rows{{"n"}, {{"7"}}}; };
  TimedSql session{[this](const SqlStatement&) { return answer(); }};
  exporter::Watchdog watchdog;
  exporter::CollectContext context{Deadline::After(seconds(60)), watchdog};
  QueryPart part;
};

std::function<Rows()> Failing(ErrorKind kind) {
  return [kind]() -> Rows { throw CollectError(kind, "broken"); };
}

}  // namespace

TEST_CASE("a query that fails keeps its series until they are stale, or drops them at once") {
  const std::vector<std::pair<std::function<Rows()>, PartResult>> failures = {
      {Failing(ErrorKind::kQuery), PartResult::kFailed},
      {Failing(ErrorKind::kTimeout), PartResult::kTimedOut},
      {Failing(ErrorKind::kLimit), PartResult::kFailed},
      {[] {
         return Rows{{"other"}, {{"7"}}};
       },
       PartResult::kFailed},
  };
  for (const auto& [failure, result] : failures) {
    for (const OnError on_error : {OnError::kKeep, OnError::kDrop}) {
      Stage stage(Users(on_error));
      CHECK(stage.Run(kStart) == PartResult::kDone);
      CHECK(stage.At(kStart) == Shown{{"", 7}});
      stage.answer = failure;
      CHECK(stage.Run(kStart + seconds(10)) == result);
      CHECK(stage.part.Problems().size() == 1);
      CHECK(stage.At(kStart + seconds(10)).size() == (on_error == OnError::kKeep ? 1 : 0));
      CHECK(stage.At(kStart + seconds(60)).empty());
    }
  }
}

TEST_CASE("a query that was not asked, or whose server is gone, has failed too") {
  Stage stage(Users(OnError::kDrop));
  stage.Run(kStart);
  stage.part.Skip();
  CHECK(stage.At(kStart).empty());
  CHECK(stage.part.Problems().at(0).kind() == ErrorKind::kTimeout);
  stage.Run(kStart);
  stage.answer = Failing(ErrorKind::kConnect);
  CHECK_THROWS_AS(stage.Run(kStart), CollectError);
  CHECK(stage.At(kStart).empty());
}

TEST_CASE("what was dropped is still known when the query works again") {
  SqlQuery query = Users(OnError::kDrop);
  query.metrics[0].metric.labels = {"org"};
  query.rules.on_missing = OnMissing::kZero;
  Stage stage(std::move(query));
  stage.answer = [] { return Rows{{"org", "n"}, {{"a", "1"}, {"b", "2"}}}; };
  stage.Run(kStart);
  stage.answer = Failing(ErrorKind::kQuery);
  stage.Run(kStart);
  CHECK(stage.At(kStart).empty());
  stage.answer = [] { return Rows{{"org", "n"}, {{"a", "3"}}}; };
  stage.Run(kStart);
  CHECK(stage.At(kStart) == Shown{{"a", 3}, {"b", 0}});
}

TEST_CASE("a row that cannot be read is no reason to ask again early") {
  Stage stage(Users(OnError::kDrop));
  stage.answer = [] { return Rows{{"n"}, {{"x"}, {"7"}}}; };
  CHECK(stage.Run(kStart) == PartResult::kDone);
  CHECK(stage.part.Problems().at(0).kind() == ErrorKind::kQuery);
  CHECK(stage.At(kStart) == Shown{{"", 7}});
}

TEST_CASE("a statement ends at its own timeout or the run's, whichever comes first") {
  const std::vector<std::pair<std::optional<milliseconds>, milliseconds>> table = {
      {std::nullopt, seconds(60)},
      {milliseconds(500), milliseconds(500)},
      {seconds(90), seconds(60)},
  };
  for (const auto& [timeout, most] : table) {
    SqlQuery query = Users();
    query.timeout = timeout;
    Stage stage(std::move(query));
    stage.Run(kStart);
    REQUIRE(stage.session.deadline);
    CHECK(stage.session.deadline->Remaining() <= most);
    CHECK(stage.session.deadline->Remaining() > most - milliseconds(400));
  }
}

}  // namespace collectors
