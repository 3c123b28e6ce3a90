#include "collectors/queue/rabbitmq/rabbitmq_listing.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace collectors {
namespace {

using exporter::ErrorKind;

RabbitmqQueue Queue(const std::string& name, std::optional<double> ready = 1) {
  RabbitmqQueue queue;
  queue.name = name;
  queue.ready = ready;
  queue.unacked = ready;
  return queue;
}

RabbitmqQuestion Discovering(std::vector<std::string> named = {},
                             const std::vector<std::string>& include = {},
                             const std::vector<std::string>& exclude = {}) {
  return {std::move(named), NamePatterns(include, exclude)};
}

std::vector<std::string> NamesIn(const RabbitmqFindings& findings) {
  std::vector<std::string> names;
  for (const RabbitmqQueue& queue : findings.queues) names.push_back(queue.name);
  return names;
}

RabbitmqFindings ListingOf(const RabbitmqQuestion& question, std::vector<RabbitmqQueue> queues,
                           bool is_whole = true) {
  RabbitmqListing listing(question);
  listing.Add(std::move(queues));
  return std::move(listing).Finish(is_whole);
}

}  // namespace

TEST_CASE("named queues are shown whatever they are, and others as the patterns say") {
  using Names = std::vector<std::string>;
  const std::vector<RabbitmqQueue> queues = {Queue("a"), Queue("b"), Queue("amq.gen-x"),
                                             Queue("amq.gen-y"), Queue("work.1")};
  CHECK(NamesIn(ListingOf({{"amq.gen-x", "a"}}, queues)) == Names{"a", "amq.gen-x"});
  CHECK(NamesIn(ListingOf(Discovering(), queues)) == Names{"a", "b", "work.1"});
  CHECK(NamesIn(ListingOf(Discovering({"b", "amq.gen-x"}, {"work.*"}), queues)) ==
        Names{"amq.gen-x", "b", "work.1"});
  CHECK(NamesIn(ListingOf(Discovering({}, {}, {"work", "a|b"}), queues)) == Names{"work.1"});
}

TEST_CASE("a named queue that no page has is missing") {
  const RabbitmqFindings findings = ListingOf({{"a", "b"}}, {Queue("a")});
  CHECK(NamesIn(findings) == std::vector<std::string>{"a"});
  REQUIRE(findings.problems.size() == 1);
  CHECK(Name(findings.problems[0].kind()) == Name(ErrorKind::kMissing));
  CHECK(findings.problems[0].part() == "b");
  CHECK(findings.problems[0].what() ==
        std::string("there is no such queue (a consumer, as a Celery worker, declares it when it "
                    "first starts)"));
}

TEST_CASE("a queue that is on two pages is one") {
  const RabbitmqQuestion question = Discovering();
  RabbitmqListing listing(question);
  listing.Add({Queue("a", 1), Queue("celery_delayed_1", 5)});
  listing.Add({Queue("a", 2), Queue("celery_delayed_1", 5)});
  const RabbitmqFindings findings = std::move(listing).Finish(true);
  REQUIRE(findings.queues.size() == 1);
  CHECK(findings.queues[0].ready == 2);
  CHECK(findings.delayed == 10);
}

TEST_CASE("delay queues are one sum, or none where a part of it is not known") {
  const std::vector<RabbitmqQueue> known = {Queue("celery_delayed_0", 2),
                                            Queue("celery_delayed_27", 1)};
  const std::vector<RabbitmqQueue> unknown = {Queue("celery_delayed_0", 2),
                                              Queue("celery_delayed_1", std::nullopt),
                                              Queue("celery_delayed_2", 2)};
  CHECK(ListingOf(Discovering(), known).delayed == 6);  // Ready and unacked.
  CHECK(ListingOf(Discovering(), known).queues.empty());
  CHECK_FALSE(ListingOf(Discovering(), known, false).delayed);
  CHECK_FALSE(ListingOf(Discovering(), unknown).delayed);
  CHECK_FALSE(ListingOf(Discovering(), {Queue("a")}).delayed);
  CHECK_FALSE(ListingOf(Discovering({}, {}, {"celery_delayed"}), known).delayed);
  CHECK_FALSE(ListingOf({{"a"}}, known).delayed);
  CHECK(NamesIn(ListingOf({{"celery_delayed_0"}}, known)) ==
        std::vector<std::string>{"celery_delayed_0"});
}

TEST_CASE("more delay queues than are summed are a problem, and no sum") {
  std::vector<RabbitmqQueue> queues;
  for (int i = 0; i < 100; ++i) queues.push_back(Queue("celery_delayed_" + std::to_string(i)));
  CHECK(ListingOf(Discovering(), queues).delayed == 200);
  queues.push_back(Queue("celery_delayed_100"));
  const RabbitmqFindings findings = ListingOf(Discovering(), queues);
  CHECK_FALSE(findings.delayed);
  REQUIRE(findings.problems.size() == 1);
  CHECK(Name(findings.problems[0].kind()) == Name(ErrorKind::kLimit));
}

TEST_CASE("no more than the bound are found, and named ones are no part of it") {
  std::vector<RabbitmqQueue> queues;
  for (std::size_t i = 0; i < RabbitmqListing::kMostDiscovered + 7; ++i) {
    queues.push_back(Queue(std::to_string(i)));
  }
  queues.push_back(Queue("named"));
  const RabbitmqFindings findings = ListingOf(Discovering({"named"}), std::move(queues));
  CHECK(findings.queues.size() == RabbitmqListing::kMostDiscovered + 1);
  CHECK(findings.left_out == 7);
  REQUIRE(findings.problems.size() == 1);
  CHECK(Name(findings.problems[0].kind()) == Name(ErrorKind::kLimit));
}

TEST_CASE("the three queues that Dramatiq makes of one are one") {
  const std::vector<RabbitmqQueue> queues = {Queue("jobs", 3), Queue("jobs.DQ", 2),
                                             Queue("jobs.XQ", 4), Queue("mine.DQ", 5),
                                             Queue("mine", 6)};
  for (const RabbitmqQuestion& question :
       {Discovering({}, {"jobs", "mine.*"}), Discovering({"jobs"}, {"mine.*"})}) {
    const RabbitmqFindings findings = ListingOf(question, queues);
    REQUIRE(NamesIn(findings) == std::vector<std::string>{"jobs", "mine", "mine.DQ"});
    // Each queue has as many unacknowledged messages as ready ones.
    CHECK(findings.queues[0].ready == 3);
    CHECK(findings.queues[0].scheduled == 4);
    CHECK(findings.queues[0].failed == 8);
    CHECK(!findings.queues[1].scheduled);
    CHECK(!findings.queues[1].failed);
  }
}

TEST_CASE("a queue beside another that is named is one of its own") {
  CHECK(NamesIn(ListingOf(Discovering({"jobs.XQ"}),
                          {Queue("jobs"), Queue("jobs.DQ"), Queue("jobs.XQ")})) ==
        std::vector<std::string>{"jobs.XQ", "jobs", "jobs.DQ"});
  const RabbitmqFindings unknown =
      ListingOf(Discovering(), {Queue("jobs"), Queue("jobs.DQ", std::nullopt), Queue("jobs.XQ")});
  REQUIRE(unknown.queues.size() == 1);
  CHECK(!unknown.queues[0].scheduled);
  CHECK(unknown.queues[0].failed == 2);
}

}  // namespace collectors
