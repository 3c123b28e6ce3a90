#include "collectors/parts/part_schedule.h"

#include <doctest/doctest.h>

#include <map>
#include <thread>

#include "tests/support/scripted_sql.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::SteadyTime;
using std::chrono::milliseconds;
using std::chrono::seconds;

const SteadyTime kStart = SteadyTime() + seconds(1000);

// What a test's parts do, and which of them ran, in order.
struct Script {
  std::map<std::string, PartResult> results;
  std::map<std::string, ErrorKind> throws;
  std::map<std::string, milliseconds> costs;  // In the database's time.
  std::string takes_all;                      // Does not end before the run's deadline.
  std::string ran;
};

class ScriptedPart : public SqlPart {
 public:
  ScriptedPart(std::string name, Script& script, std::shared_ptr<DbTime> db_time,
               std::optional<milliseconds> interval)
      : name_(std::move(name)),
        script_(script),
        db_time_(std::move(db_time)),
        interval_(interval) {}

  PartResult Refresh(const SqlRun& run) override {
    script_.ran += name_;
    db_time_->Spend(run.now, script_.costs[name_]);
    skipped_ = false;
    while (name_ == script_.takes_all && !run.context.deadline.Expired())
      std::this_thread::sleep_for(milliseconds(1));
    const auto error = script_.throws.find(name_);
    if (error != script_.throws.end()) throw CollectError(error->second, "broken");
    return script_.results[name_];
  }
  void Skip() override { skipped_ = true; }
  void Write(exporter::FamilySet& families, SteadyTime /*now*/) const override {
    families.Gauge(name_, "").Add(1);
  }
  std::vector<CollectError> Problems() const override {
    if (!skipped_) return {};
    return {NoTimeLeft(name_)};
  }
  std::vector<exporter::SeriesId> Claims() const override { return {{name_, {}}}; }
  std::optional<milliseconds> Interval() const override { return interval_; }

 private:
  std::string name_;
  Script& script_;
  std::shared_ptr<DbTime> db_time_;
  std::optional<milliseconds> interval_;
  bool skipped_ = false;
};

struct Stage {
  Script script;
  exporter::Watchdog watchdog;
  ScriptedSql session{[](const SqlStatement&) { return Rows{{"one"}, {{"1"}}}; }};
  // A tenth of a core.
  std::shared_ptr<DbTime> db_time = std::make_shared<DbTime>(0.1, seconds(30));
  std::vector<std::unique_ptr<SqlPart>> parts;

  Stage& Part(const std::string& name, std::optional<milliseconds> interval = {}) {
    parts.push_back(std::make_unique<ScriptedPart>(name, script, db_time, interval));
    return *this;
  }
  PartSchedule Schedule() { return {std::move(parts), seconds(30), db_time}; }

  // Runs at `now`. Returns the parts that were asked.
  std::string Run(PartSchedule& schedule, SteadyTime now) { return Run(schedule, now, false); }
  std::string Retry(PartSchedule& schedule, SteadyTime now) { return Run(schedule, now, true); }

 private:
  std::string Run(PartSchedule& schedule, SteadyTime now, bool is_retry) {
    script.ran.clear();
    const milliseconds time = script.takes_all.empty() ? seconds(60) : milliseconds(20);
    const exporter::CollectContext context{exporter::Deadline::After(time), watchdog, is_retry};
    db_time->BeginRun(now);
    schedule.Collect({session, context, now});
    return script.ran;
  }
};

}  // namespace

TEST_CASE("a part that is not due is not asked, and still shown") {
  Stage stage;
  PartSchedule schedule = stage.Part("a").Part("b", seconds(60)).Schedule();
  CHECK(stage.Run(schedule, kStart) == "ab");
  CHECK(stage.Run(schedule, kStart + seconds(30)) == "a");
  // A little early: runs are never exactly on the grid.
  CHECK(stage.Run(schedule, kStart + milliseconds(59900)) == "ab");
  const exporter::CollectContext context{exporter::Deadline::After(seconds(60)), stage.watchdog};
  exporter::Reading reading = schedule.Collect({stage.session, context, kStart + seconds(90)});
  CHECK(std::move(reading.families).Take().size() == 2);
}

TEST_CASE("a part that failed is asked again in the next run, a slow one at its own interval") {
  Stage stage;
  PartSchedule schedule = stage.Part("f", seconds(90)).Part("s", seconds(90)).Schedule();
  stage.script.results = {{"f", PartResult::kFailed}, {"s", PartResult::kTimedOut}};
  CHECK(stage.Run(schedule, kStart) == "fs");
  CHECK(stage.Run(schedule, kStart + seconds(30)) == "f");
}

TEST_CASE("an unlucky part is asked again in the next runs, less often each time") {
  Stage stage;
  PartSchedule schedule = stage.Part("u", seconds(300)).Schedule();
  stage.script.results = {{"u", PartResult::kUnlucky}};
  std::string ran;
  for (int run = 0; run < 18; ++run) {
    ran += stage.Run(schedule, kStart + run * seconds(30)).empty() ? '.' : 'u';
  }
  // After 30 s, 60, 120, 240, and then its own interval.
  CHECK(ran == "uu.u...u.......u..");
  stage.script.results.clear();
  CHECK(stage.Run(schedule, kStart + 25 * seconds(30)) == "u");
  CHECK(stage.Run(schedule, kStart + 34 * seconds(30)).empty());
}

TEST_CASE("a retry asks what was unlucky, or came too late for its turn, and nothing else") {
  Stage stage;
  PartSchedule schedule = stage.Part("a").Part("u").Part("f", seconds(60)).Schedule();
  stage.script.results = {{"u", PartResult::kUnlucky}, {"f", PartResult::kFailed}};
  CHECK(stage.Run(schedule, kStart) == "auf");
  CHECK(stage.Retry(schedule, kStart + seconds(5)) == "u");
  stage.script.results.clear();
  CHECK(stage.Retry(schedule, kStart + seconds(15)) == "u");
  CHECK(stage.Retry(schedule, kStart + seconds(20)).empty());
  stage.script.throws = {{"u", ErrorKind::kConnect}};
  CHECK_THROWS(stage.Run(schedule, kStart + seconds(30)));
  stage.script.throws.clear();
  CHECK(stage.Retry(schedule, kStart + seconds(35)) == "uf");
}

TEST_CASE("what had no time since another was unlucky is asked in the retry too") {
  Stage stage;
  PartSchedule schedule = stage.Part("u", seconds(3600)).Part("b", seconds(3600)).Schedule();
  stage.script.results = {{"u", PartResult::kUnlucky}};
  stage.script.takes_all = "u";
  CHECK(stage.Run(schedule, kStart) == "u");
  stage.script.takes_all.clear();
  stage.script.results.clear();
  CHECK(stage.Retry(schedule, kStart + seconds(5)) == "bu");
}

TEST_CASE("a run that found no target owes all to its retry") {
  Stage stage;
  stage.session.is_away = true;
  PartSchedule schedule = stage.Part("a").Part("b", seconds(3600)).Schedule();
  CHECK_THROWS(stage.Run(schedule, kStart));
  stage.session.is_away = false;
  CHECK(stage.Retry(schedule, kStart + seconds(5)) == "ab");
  CHECK(stage.Retry(schedule, kStart + seconds(15)).empty());
}

TEST_CASE("the first part that times out runs last the next time, so that each gets its turn") {
  Stage stage;
  PartSchedule schedule = stage.Part("a").Part("b").Part("c").Schedule();
  stage.script.results = {{"a", PartResult::kTimedOut}, {"b", PartResult::kTimedOut}};
  CHECK(stage.Run(schedule, kStart) == "abc");
  CHECK(stage.Run(schedule, kStart + seconds(30)) == "bca");
  CHECK(stage.Run(schedule, kStart + seconds(60)) == "cab");
}

TEST_CASE("a target that fails ends the run with its reason") {
  for (const ErrorKind kind : {ErrorKind::kConnect, ErrorKind::kAuth, ErrorKind::kProtocol}) {
    Stage stage;
    PartSchedule schedule = stage.Part("a").Part("b").Schedule();
    stage.script.throws = {{"a", kind}};
    try {
      stage.Run(schedule, kStart);
      FAIL("the run did not end");
    } catch (const CollectError& error) {
      CHECK(error.kind() == kind);
    }
    CHECK(stage.script.ran == "a");
  }
}

TEST_CASE("a run in which nothing is due asks whether the target is there") {
  Stage stage;
  PartSchedule schedule = stage.Part("a", seconds(600)).Schedule();
  stage.Run(schedule, kStart);
  CHECK(stage.session.asked.empty());
  CHECK(stage.Run(schedule, kStart + seconds(30)).empty());
  CHECK(stage.session.asked.size() == 1);
}

TEST_CASE("a run in which no query fits the server's version asks whether the target is there") {
  Stage stage;
  SqlQuery query = GaugeQuery("later");
  query.versions.first = 990000;
  stage.parts.push_back(std::make_unique<QueryPart>(std::move(query)));
  PartSchedule schedule = stage.Schedule();
  stage.Run(schedule, kStart);
  CHECK(stage.session.asked == std::vector<std::string>{"SELECT 1"});
}

TEST_CASE("what is wrong with a part that has no turn stands, and is not told as new") {
  Stage stage;
  PartSchedule schedule = stage.Part("a").Schedule();
  stage.Run(schedule, kStart);
  const exporter::CollectContext late{exporter::Deadline::After(milliseconds(0)), stage.watchdog};
  stage.db_time->BeginRun(kStart + seconds(30));
  const auto first = schedule.Collect({stage.session, late, kStart + seconds(30)});
  CHECK(first.problems.size() == 1);
  CHECK(first.standing.empty());
  stage.db_time->Spend(kStart + seconds(30), seconds(60));
  const exporter::CollectContext context{exporter::Deadline::After(seconds(60)), stage.watchdog};
  stage.db_time->BeginRun(kStart + seconds(60));
  const auto second = schedule.Collect({stage.session, context, kStart + seconds(60)});
  CHECK(second.problems.empty());
  REQUIRE(second.standing.size() == 1);
  CHECK(second.standing[0].kind() == ErrorKind::kTimeout);
}

TEST_CASE("a run whose time is up before anybody answered fails as the target does") {
  Stage stage;
  PartSchedule schedule = stage.Part("a").Schedule();
  ScriptedSql hung(
      [](const SqlStatement&) -> Rows { throw CollectError(ErrorKind::kTimeout, "no answer"); });
  const exporter::CollectContext context{exporter::Deadline::After(milliseconds(0)),
                                         stage.watchdog};
  CHECK_THROWS_AS(schedule.Collect({hung, context, kStart}), CollectError);
  CHECK(stage.script.ran.empty());
}

TEST_CASE("what the database's time does not pay for waits, and comes next after what is cheap") {
  Stage stage;
  PartSchedule schedule = stage.Part("a").Part("b").Part("c").Part("d").Schedule();
  stage.script.costs = {{"a", seconds(2)}, {"b", seconds(2)}, {"c", seconds(2)}};
  CHECK_MESSAGE(stage.Run(schedule, kStart) == "abcd", "each is asked once, whatever it costs");
  CHECK(stage.Run(schedule, kStart + seconds(30)).empty());
  CHECK(stage.session.asked.size() == 1);  // The check whether the target is there.
  // a and b together cost 40 s; an interval is 30 s.
  CHECK(stage.Run(schedule, kStart + seconds(60)) == "dab");
  CHECK(stage.Run(schedule, kStart + seconds(90)).empty());
  CHECK(stage.Run(schedule, kStart + seconds(120)) == "cda");
  CHECK(stage.Run(schedule, kStart + seconds(180)) == "bdc");
}

TEST_CASE("cheap parts that together cost more than an interval pays for starve no dear one") {
  Stage stage;
  std::string cheap;
  for (char name = 'a'; name <= 'y'; ++name) cheap += name;
  for (const char name : cheap) {
    stage.Part(std::string(1, name));
    stage.script.costs[std::string(1, name)] = milliseconds(200);
  }
  stage.script.costs["z"] = seconds(1);
  PartSchedule schedule = stage.Part("z").Schedule();
  // At a tenth of a core a round pays for 6 s: two intervals.
  SteadyTime last = kStart;
  for (SteadyTime now = kStart; now < kStart + seconds(3600); now += seconds(30)) {
    if (stage.Run(schedule, now).find('z') != std::string::npos) last = now;
    CHECK(now - last < 3 * stage.db_time->round());
  }
}

TEST_CASE("a round of the parts takes as long as paying for each of them") {
  Stage stage;
  PartSchedule schedule = stage.Part("a").Part("b").Schedule();
  stage.script.costs = {{"a", seconds(5)}, {"b", seconds(1)}};
  CHECK(stage.Run(schedule, kStart) == "ab");
  CHECK(stage.db_time->round() == seconds(60));
}

TEST_CASE("a statement without end costs its share of the time, whatever the interval") {
  Stage stage;
  PartSchedule schedule = stage.Part("a").Schedule();
  stage.script.results = {{"a", PartResult::kTimedOut}};
  stage.script.costs = {{"a", seconds(20)}};
  int asked = 0;
  for (int run = 0; run < 100; ++run) {
    asked += static_cast<int>(stage.Run(schedule, kStart + run * seconds(30)).size());
  }
  CHECK(asked == 15);  // Each takes 200 s to pay for, so every seventh run asks.
}

}  // namespace collectors
