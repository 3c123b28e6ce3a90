#include "collectors/postgres/answer_part.h"

#include <doctest/doctest.h>

#include <memory>

#include "tests/support/part_run.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using std::chrono::seconds;

// Shows the result of "SELECT number".
class NumberPart : public AnswerPart {
 public:
  explicit NumberPart(AnswerOptions options = {}) : AnswerPart("number", options) {}
  std::vector<exporter::SeriesId> Claims() const override { return {}; }

 protected:
  void Ask(const SqlRun& run) override {
    number_ = std::stod(*run.session.Query(run.context, {.text = "SELECT number"}).cells[0][0]);
  }
  void WriteAnswer(exporter::FamilySet& families,
                   std::optional<exporter::SteadyTime> expires_at) const override {
    families.Open(prometheus::MetricType::Gauge, "number", "", expires_at).Add(number_);
  }

 private:
  double number_ = 0;
};

struct Script {
  std::optional<ErrorKind> fails;
  ScriptedSql::Answer answer = [this](const SqlStatement&) {
    if (fails) throw CollectError(*fails, "no");
    return Rows{{"number"}, {{"7"}}};
  };
};

}  // namespace

TEST_CASE("a failed statement leaves the last answer until it is too old, with its reason") {
  struct Case {
    ErrorKind kind;
    PartResult result;
  };
  for (const Case& c : {Case{ErrorKind::kQuery, PartResult::kFailed},
                        Case{ErrorKind::kMissing, PartResult::kFailed},
                        Case{ErrorKind::kTimeout, PartResult::kTimedOut}}) {
    NumberPart part;
    Script script;
    PartRun run(part, script.answer);
    CHECK(run.Samples("number").empty());
    CHECK(run.Refresh() == PartResult::kDone);
    CHECK(part.Problems().empty());
    run.Wait(seconds(44));
    script.fails = c.kind;
    CHECK(run.Refresh() == c.result);
    REQUIRE(part.Problems().size() == 1);
    CHECK(part.Problems()[0].kind() == c.kind);
    CHECK(part.Problems()[0].part() == "number");
    CHECK(run.Samples("number").size() == 1);
    run.Wait(seconds(1));
    CHECK(run.Samples("number").empty());
  }
}

TEST_CASE("a target that did not answer ends the run") {
  for (const ErrorKind kind : {ErrorKind::kConnect, ErrorKind::kAuth, ErrorKind::kProtocol}) {
    NumberPart part;
    Script script{.fails = kind};
    PartRun run(part, script.answer);
    CHECK_THROWS_AS(run.Refresh(), CollectError);
  }
}

TEST_CASE(
    "a fresh answer expires as the collector's, an old one and one of an own interval apart") {
  for (const bool own : {false, true}) {
    NumberPart part({.rules = {.own_interval = own}, .interval = {}});
    Script script;
    PartRun run(part, script.answer);
    run.Refresh();
    CHECK(std::move(run.Written()).Take()[0].expires_at.has_value() == own);
    run.Wait(seconds(1));
    CHECK(std::move(run.Written()).Take()[0].expires_at.has_value());
  }
}

TEST_CASE("an answer is shown for three rounds of a collector that pays for each part") {
  const auto db_time = std::make_shared<DbTime>(0.05, seconds(15));
  NumberPart part({.rules = {.db_time = db_time}, .interval = {}});
  Script script;
  PartRun run(part, script.answer);
  run.Refresh();
  db_time->SetRound(seconds(40));
  run.Wait(seconds(119));
  CHECK(run.Samples("number").size() == 1);
  run.Wait(seconds(1));
  CHECK(run.Samples("number").empty());
}

TEST_CASE("a part without time says so and keeps its answer") {
  NumberPart part;
  Script script;
  PartRun run(part, script.answer);
  run.Refresh();
  part.Skip();
  REQUIRE(part.Problems().size() == 1);
  CHECK(part.Problems()[0].kind() == ErrorKind::kTimeout);
  CHECK(run.Samples("number").size() == 1);
}

}  // namespace collectors
