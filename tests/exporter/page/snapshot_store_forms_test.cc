#include <doctest/doctest.h>

#include <algorithm>

#include "exporter/page/snapshot_store.h"
#include "tests/support/store_run.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using namespace testing;

constexpr Form kGzip{Format::kText, Coding::kGzip};
constexpr Form kOpenMetrics{Format::kOpenMetrics, Coding::kIdentity};

bool HasAll(const Page& page, Form form) {
  return std::all_of(page.chunks().begin(), page.chunks().end(),
                     [form](const auto& chunk) { return chunk->Has(form); });
}

}  // namespace

TEST_CASE("a form is prepared while somebody asks for it, and for five minutes more") {
  SnapshotStore store;
  store.AddSlot(Spec("one", 1h));
  const auto prepared = [&](std::chrono::seconds after, Form form) {
    store.RunEnded(0, At(after), Gauges({"a", "b"}, static_cast<double>(after.count())));
    return HasAll(*store.CurrentPage(kStart + after), form);
  };
  CHECK_FALSE(prepared(0s, kGzip));
  store.NoteForm({}, kGzip, kStart + 1s);
  CHECK(prepared(2s, kGzip));
  CHECK_FALSE(prepared(3s, kOpenMetrics));
  CHECK(prepared(301s, kGzip));
  CHECK_FALSE(prepared(302s, kGzip));
}

TEST_CASE("a family that has not changed keeps its chunk and its forms") {
  SnapshotStore store;
  store.AddSlot(Spec("one", 10s));
  store.RunEnded(0, At(0s), Gauges({"a"}));
  const auto first = store.CurrentPage(kStart);
  first->chunks().at(0)->Get(kGzip);
  store.RunEnded(0, At(5s), Gauges({"a"}));
  CHECK(store.CurrentPage(kStart + 5s)->chunks().at(0) == first->chunks().at(0));
  CHECK(TextAt(store, 14s) == "# TYPE a gauge\na 1\n");  // It lives ten seconds from then.
  CHECK(TextAt(store, 15s).empty());
}

TEST_CASE("what several collectors share is not prepared by each of them") {
  SnapshotStore store;
  store.AddSlot(Spec("one"));
  store.AddSlot(Spec("two"));
  store.NoteForm({}, kGzip, kStart);
  store.RunEnded(0, At(0s), Gauges({"x"}));
  Reading other;
  other.families.Gauge("x", "").Add({{"n", "2"}}, 2);
  store.RunEnded(1, At(0s), std::move(other));
  const auto page = store.CurrentPage(kStart);
  REQUIRE(page->chunks().size() == 1);
  CHECK(page->chunks()[0]->IsShared());
  CHECK_FALSE(page->chunks()[0]->Has(kGzip));
  CHECK(page->Text() == "# TYPE x gauge\nx 1\nx{n=\"2\"} 2\n");
}

TEST_CASE("a query has its own page, kept up to date") {
  SnapshotStore store;
  store.AddSlot(Spec("one", 1h));
  store.AddSlot(Spec("two", 1h));
  store.RunEnded(0, At(0s), Gauges({"a", "b"}));
  store.RunEnded(1, At(0s), Gauges({"c"}));
  const PageQuery names{{}, {"b", "c", "none"}};
  CHECK(store.PageOf(names, kStart)->Text() == "# TYPE b gauge\nb 1\n# TYPE c gauge\nc 1\n");
  const PageQuery both{{"one"}, {"b", "c"}};
  CHECK(store.PageOf(both, kStart)->Text() == "# TYPE b gauge\nb 1\n");
  store.RunEnded(0, At(1s), Gauges({"b"}, 2));
  CHECK(store.PageOf(both, kStart + 1s)->Text() == "# TYPE b gauge\nb 2\n");
}

TEST_CASE("a query's large families are those of the whole page, prepared and not there twice") {
  SnapshotStore store;
  store.AddSlot(Spec("one", 1h));
  const auto publish = [&](std::chrono::seconds after) {
    Reading reading = Gauges({"small"});
    auto& large = reading.families.Gauge("large", "");
    for (int i = 0; i < 300; ++i)
      large.Add({{"n", std::to_string(i)}}, static_cast<double>(after.count()));
    store.RunEnded(0, At(after), std::move(reading));
  };
  publish(0s);
  const PageQuery query{{}, {"large"}};
  store.PageOf(query, kStart);
  store.NoteForm(query, kGzip, kStart);
  publish(1s);
  const auto page = store.PageOf(query, kStart + 1s);
  REQUIRE(page->chunks().size() == 1);
  CHECK(page->chunks()[0]->Has(kGzip));
  const auto whole = store.CurrentPage(kStart + 1s)->chunks();
  CHECK(std::find(whole.begin(), whole.end(), page->chunks()[0]) != whole.end());
}

TEST_CASE("names that no collector has are not part of a query") {
  SnapshotStore store;
  store.AddSlot(Spec("one", 1h));
  store.RunEnded(0, At(0s), Gauges({"a"}));
  CHECK(store.Known({{}, {"a", "invented"}}) == PageQuery{{}, {"a"}});
  CHECK(store.Known({{"one"}, {}}) == PageQuery{{"one"}, {}});
  const PageQuery nothing = store.Known({{}, {"invented"}});
  CHECK(store.PageOf(nothing, kStart)->Text().empty());
}

TEST_CASE("any number of queries is answered, and few are kept") {
  SnapshotStore store;
  store.AddSlot(Spec("one", 1h));
  store.RunEnded(0, At(0s), Gauges({"a"}));
  for (int i = 0; i < 1000; ++i) {
    const PageQuery query{{}, {"a", "n" + std::to_string(i)}};
    CHECK(store.PageOf(query, kStart)->Text() == "# TYPE a gauge\na 1\n");
  }
  store.RunEnded(0, At(1s), Gauges({"a"}, 2));
  for (const int i : {0, 999}) {
    const PageQuery query{{}, {"a", "n" + std::to_string(i)}};
    CHECK(store.PageOf(query, kStart + 1s)->Text() == "# TYPE a gauge\na 2\n");
  }
}

TEST_CASE_FIXTURE(OneRun, "no counter falls, whatever clock the end of a run is judged by") {
  CHECK(Count(HealthAt(5s), RunResult::kTimeout) == 1);
  CHECK(HealthAt(5s).durations_seconds == 5);
  // Its end was noted before somebody was told that it is overdue, and is taken over later.
  store.RunEnded(0, At(900ms), Gauges({"a"}));
  CHECK(Count(HealthAt(6s), RunResult::kTimeout) == 1);
  CHECK(AllRuns(HealthAt(6s)) == 1);
  CHECK_FALSE(HealthAt(6s).up);
  CHECK(HealthAt(6s).durations_seconds == 5);
}

TEST_CASE("what max_series cuts is told by name, and no more when all fits") {
  SnapshotStore store;
  SlotSpec spec = Spec("one");
  spec.policy.max_series = 3;
  store.AddSlot(std::move(spec));
  Reading reading = Gauges({"small"});
  auto& tables = reading.families.Gauge("tables", "");
  for (int i = 0; i < 5; ++i) tables.Add({{"table", std::to_string(i)}}, i);
  store.RunEnded(0, At(0s), std::move(reading));
  const auto cut = store.Health(kStart).at(0).cut;
  REQUIRE(cut.families.size() == 1);
  CHECK(NamesOf(cut) == "tables 2 of 5");
  store.RunEnded(0, At(1s), Gauges({"small"}));
  CHECK(store.Health(kStart + 1s).at(0).cut.empty());
}

}  // namespace exporter
