#include "collectors/queue/entry_budget.h"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace collectors {
namespace {

using Ids = std::vector<EntryBudget::Id>;
using exporter::SteadyTime;
using std::chrono::hours;
using std::chrono::minutes;

constexpr std::size_t kMiB = std::size_t{1} << 20;
constexpr SteadyTime kStart{hours(1000)};

Ids Queues(std::size_t count) {
  Ids ids;
  for (std::size_t i = 0; i < count; ++i) ids.emplace_back(nullptr, "", std::to_string(i));
  return ids;
}

// What a collection asks for: queues per pipeline, and which queues.
struct Asked {
  std::vector<std::size_t> pipelines;
  std::set<std::size_t> places;
};

Asked Collect(EntryBudget& budget, const Ids& ids, SteadyTime now,
              const std::function<std::size_t(std::size_t)>& bytes_of) {
  Asked asked;
  budget.Begin(ids, now);
  for (auto places = budget.Next(); !places.empty(); places = budget.Next()) {
    std::vector<std::size_t> bytes;
    for (const std::size_t place : places) bytes.push_back(bytes_of(place));
    asked.pipelines.push_back(places.size());
    asked.places.insert(places.begin(), places.end());
    budget.Took(bytes);
  }
  return asked;
}

// The same, but a pipeline that contains the queue `broken` breaks and ends the collection.
Asked CollectBroken(EntryBudget& budget, const Ids& ids, SteadyTime now, std::size_t broken) {
  Asked asked;
  budget.Begin(ids, now);
  for (auto places = budget.Next(); !places.empty(); places = budget.Next()) {
    asked.pipelines.push_back(places.size());
    for (const std::size_t place : places) {
      if (place != broken) continue;
      budget.Broke();
      return asked;
    }
    asked.places.insert(places.begin(), places.end());
    budget.Took(std::vector<std::size_t>(places.size(), 300));
  }
  return asked;
}

std::size_t Small(std::size_t) { return 300; }

}  // namespace

TEST_CASE("entries of unknown size are asked by ones, twos and fours, known ones together") {
  EntryBudget budget;
  const Ids ids = Queues(200);
  CHECK(Collect(budget, ids, kStart, Small).pipelines ==
        std::vector<std::size_t>{1, 2, 4, 8, 16, 32, 64, 64, 9});
  CHECK(Collect(budget, ids, kStart, Small).pipelines == std::vector<std::size_t>{200});
  CHECK(Collect(budget, Queues(300), kStart, Small).places.size() == 300);
  CHECK(Collect(budget, Queues(300), kStart, Small).pipelines == std::vector<std::size_t>{256, 44});
  CHECK(Collect(budget, {}, kStart, Small).pipelines.empty());
}

TEST_CASE("known entries fill a pipeline to a MiB, and a collection to four") {
  EntryBudget budget;
  const Ids ids = Queues(20);
  const auto half = [](std::size_t) { return kMiB / 2; };
  const Asked first = Collect(budget, ids, kStart, half);
  CHECK(first.pipelines == std::vector<std::size_t>{1, 2, 4, 8});
  // The same queues are read again.
  const Asked second = Collect(budget, ids, kStart, half);
  CHECK(second.pipelines == std::vector<std::size_t>{2, 2, 2, 2});
  CHECK(second.places == std::set<std::size_t>{0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(Collect(budget, ids, kStart, half).places == second.places);
}

TEST_CASE("large entries cost a collection one each, and then rest, longer each time") {
  EntryBudget budget;
  const Ids ids = Queues(3);
  const auto large = [](std::size_t place) { return place == 1 ? 20 * kMiB : 300; };
  // The large entry ends the collection; the small ones are known from then on.
  CHECK(Collect(budget, ids, kStart, large).pipelines == std::vector<std::size_t>{1, 2});
  CHECK(budget.Rests(1));
  CHECK_FALSE(budget.Rests(0));
  SteadyTime now = kStart;
  for (const minutes rest : {minutes(10), minutes(20), minutes(40), minutes(80), minutes(160),
                             minutes(320), minutes(360), minutes(360)}) {
    const auto almost = Collect(budget, ids, now + rest - minutes(1), large);
    CHECK(almost.places == std::set<std::size_t>{0, 2});
    CHECK(budget.Rests(1));
    now += rest;
    const Asked again = Collect(budget, ids, now, large);
    CHECK(again.pipelines == std::vector<std::size_t>{2, 1});
  }
  // An entry that has become small rests for the shortest time again.
  Collect(budget, ids, now + hours(6), Small);
  CHECK(Collect(budget, ids, now + hours(6), large).places.contains(1));
  CHECK(Collect(budget, ids, now + hours(6) + minutes(11), Small).places.contains(1));
}

TEST_CASE("sixty large entries are read one a collection, and rest then") {
  EntryBudget budget;
  const Ids ids = Queues(60);
  const auto large = [](std::size_t) { return 20 * kMiB; };
  SteadyTime now = kStart;
  for (int i = 0; i < 8; ++i) {
    CHECK(Collect(budget, ids, now, large).pipelines == std::vector<std::size_t>{1});
    now += minutes(1);
  }
}

TEST_CASE("a queue whose entry was large is asked after new ones") {
  EntryBudget budget;
  const Ids ids = Queues(3);
  const auto large = [](std::size_t place) { return place == 0 ? 20 * kMiB : 300; };
  Collect(budget, ids, kStart, large);
  budget.Begin(ids, kStart + minutes(10));
  CHECK(budget.Next() == std::vector<std::size_t>{1});
}

TEST_CASE("one that breaks the pipeline is found, and its neighbours are read") {
  EntryBudget budget;
  const Ids ids = Queues(10);
  CHECK(CollectBroken(budget, ids, kStart, 5).pipelines == std::vector<std::size_t>{1, 2, 4});
  // The queues of the broken pipeline are asked alone and last, until the bad one breaks alone.
  const Asked second = CollectBroken(budget, ids, kStart, 5);
  CHECK(second.pipelines == std::vector<std::size_t>{3, 1, 2, 1, 1, 1});
  CHECK(second.places == std::set<std::size_t>{0, 1, 2, 3, 4, 7, 8, 9});
  CHECK(budget.Rests(5));
  const Asked third = CollectBroken(budget, ids, kStart, 5);
  CHECK(third.places == std::set<std::size_t>{0, 1, 2, 3, 4, 6, 7, 8, 9});
  CHECK(CollectBroken(budget, ids, kStart + minutes(10), 5).pipelines.back() == 1);
  CHECK(budget.Rests(5));
}

TEST_CASE("a server that was slow once costs no queue its age") {
  EntryBudget budget;
  const Ids ids = Queues(1);
  CollectBroken(budget, ids, kStart, 0);
  CHECK_FALSE(budget.Rests(0));
  CHECK(Collect(budget, ids, kStart, Small).places.size() == 1);
  CollectBroken(budget, ids, kStart, 0);
  CHECK_FALSE(budget.Rests(0));
  CollectBroken(budget, ids, kStart, 0);
  CHECK(budget.Rests(0));
}

TEST_CASE("what is known of a queue without an entry goes, unless it rests") {
  EntryBudget budget;
  const Ids ids = Queues(2);
  const auto large = [](std::size_t place) { return place == 0 ? 2 * kMiB : 300; };
  Collect(budget, ids, kStart, large);
  Collect(budget, {}, kStart, Small);
  CHECK(Collect(budget, ids, kStart + minutes(1), large).places == std::set<std::size_t>{1});
  Collect(budget, {}, kStart + minutes(11), Small);
  CHECK(Collect(budget, ids, kStart + minutes(11), Small).pipelines ==
        std::vector<std::size_t>{1, 1});
}

}  // namespace collectors
