#include "collectors/celery/workers/unheard_workers.h"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <string>

namespace collectors {
namespace {

using std::chrono::seconds;

constexpr exporter::SteadyTime kStart{std::chrono::hours(1)};

}  // namespace

TEST_CASE("workers that the broker knows and nobody hears are told of after half a minute") {
  struct Case {
    std::string what;
    std::function<void(UnheardWorkers&)> sees;
    std::string said;
  };
  const Case cases[] = {
      {"mailboxes", [](UnheardWorkers& workers) { workers.SawMailboxes(2); },
       "_kombu.binding.celery.pidbox holds 2 mailboxes of workers"},
      {"consumers",
       [](UnheardWorkers& workers) {
         BrokerReading broker;
         broker.queues.emplace_back();
         broker.queues.back().name = "mail";
         broker.queues.back().consumers = 1;
         workers.SawQueues(broker);
       },
       "mail has consumers"},
      {"other names",
       [](UnheardWorkers& workers) {
         BrokerReading broker;
         broker.other_mailboxes = "_kombu.binding.shop.pidbox";
         workers.SawQueues(broker);
       },
       "mailboxes in _kombu.binding.shop.pidbox"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    UnheardWorkers workers{RedisNames()};
    CHECK_FALSE(workers.AreThere(false, kStart));
    c.sees(workers);
    CHECK(workers.AreThere(false, kStart));
    CHECK_FALSE(workers.Problem(kStart + seconds(29)).has_value());
    const auto problem = workers.Problem(kStart + seconds(30));
    REQUIRE(problem.has_value());
    CHECK(std::string(problem->what()).find(c.said) != std::string::npos);
    CHECK_FALSE(workers.AreThere(true, kStart + seconds(31)));
    CHECK_FALSE(workers.Problem(kStart + seconds(90)).has_value());
  }
}

}  // namespace collectors
