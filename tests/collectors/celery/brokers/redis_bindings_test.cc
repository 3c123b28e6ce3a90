#include "collectors/celery/brokers/redis_bindings.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "collectors/celery/brokers/redis_names.h"

namespace collectors {
namespace {

using Strings = std::vector<std::string>;

std::string Member(const std::string& key, const std::string& pattern, const std::string& queue) {
  return key + "\x06\x16" + pattern + "\x06\x16" + queue;
}

}  // namespace

TEST_CASE("a queue's lists are those of the priority steps") {
  RedisNames names;
  CHECK(names.Lists("q") == Strings{"q",
                                    "q\x06\x16"
                                    "3",
                                    "q\x06\x16"
                                    "6",
                                    "q\x06\x16"
                                    "9"});
  names.prefix = "acme:";
  names.separator = ":";
  names.priority_steps = {0, 5};
  CHECK(names.Lists("q") == Strings{"acme:q", "acme:q:5"});
}

TEST_CASE("event patterns name every channel that kombu may publish on, and match no more") {
  RedisNames names;
  CHECK(names.EventPatterns(3) ==
        Strings{"/3.celeryev/*", "/3.celeryev", "celeryev/*", "celeryev"});
  CHECK(names.ControlChannels(3) == Strings{"/3.celery.pidbox", "celery.pidbox"});
  names.has_literal_fanout = true;
  CHECK(names.EventPatterns(3) == Strings{"/3.celeryev/*", "/3.celeryev", "/{db}.celeryev/*",
                                          "/{db}.celeryev", "celeryev/*", "celeryev"});
  CHECK(names.ControlChannels(3) ==
        Strings{"/3.celery.pidbox", "/{db}.celery.pidbox", "celery.pidbox"});
  names.fanout_prefixes = {"/acme."};
  names.fanout_patterns = false;
  names.control = ControlExchanges("shop");
  CHECK(names.EventPatterns(3) == Strings{"/acme.celeryev"});
  CHECK(names.ControlChannels(3) == Strings{"/acme.shop.pidbox"});
  names = RedisNames();
  names.prefix = "a*[b]?\\";
  names.event_exchange = "ev";
  CHECK(names.EventPatterns(0).front() == "a\\*\\[b\\]\\?\\\\/0.ev/*");
}

TEST_CASE("queues of events, control calls and replies are none of tasks") {
  RedisBindings bindings{RedisNames{}};
  bindings.Add("celery", Member("celery", "", "celery"));
  bindings.Add("default", Member("", "", "w1@box.celery.pidbox"));
  bindings.Add("default", Member("", "", "celeryev.8c3648c7"));
  bindings.Add("default", Member("", "", ""));
  bindings.Add("default", Member("", "", "\xff"));
  bindings.Add("default", Member("", "", std::string(600, 'q')));
  bindings.Add("default", "no separator");
  bindings.Add("default", "one\x06\x16only");
  bindings.EndWalk();
  CHECK(bindings.Queues() == Strings{"celery"});
}

TEST_CASE("what was known stays until a walk has ended, and what is new shows at once") {
  RedisBindings bindings{RedisNames{}};
  CHECK(!bindings.IsKnown("a"));
  bindings.Add("a", Member("a", "", "a"));
  CHECK(bindings.Queues() == Strings{"a"});
  bindings.EndWalk();
  CHECK(bindings.IsKnown("a"));
  CHECK(bindings.IsKnown("never seen"));
  bindings.Add("b", Member("b", "", "b"));
  CHECK(bindings.Queues() == Strings{"a", "b"});
  bindings.EndWalk();
  CHECK(bindings.Queues() == Strings{"b"});
}

TEST_CASE("more queues than a thousand are not named") {
  RedisBindings bindings{RedisNames{}};
  for (int i = 0; i < 20000; ++i) bindings.Add("e", Member("k", "", "q" + std::to_string(i)));
  CHECK(bindings.Queues().size() == 1000);
}

TEST_CASE("a message went to the queues that its exchange and key are bound to") {
  RedisBindings bindings{RedisNames{}};
  bindings.Add("direct", Member("fast", "", "first"));
  bindings.Add("direct", Member("slow", "", "second"));
  bindings.Add("topic", Member("video.#", "^video\\..*?$", "videos"));
  bindings.Add("topic", Member("#.mp4", "^.*?\\.mp4$", "files"));
  bindings.Add("topic", Member("odd", "^(((", "odd"));
  bindings.EndWalk();
  const struct {
    const char* exchange;
    const char* key;
    Strings queues;
  } cases[] = {
      {"direct", "fast", {"first"}},
      {"direct", "slow", {"second"}},
      {"direct", "other", {}},
      {"nowhere", "fast", {}},
      {"topic", "video.cut", {"videos"}},
      {"topic", "video.mp4", {"files", "videos"}},
      {"topic", "odd", {"odd"}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.key);
    CHECK(bindings.QueuesOf(c.exchange, c.key) == c.queues);
  }
}

TEST_CASE("of an exchange with more bindings or patterns than are read, no queue is said") {
  const struct {
    const char* name;
    int bindings;
    bool has_patterns;
    std::size_t problems;
  } cases[] = {{"with the small one's, as many bindings as may be", 9999, false, 0},
               {"one more", 10000, false, 1},
               {"as many patterns as may be", 256, true, 0},
               {"one more", 257, true, 1}};
  for (const auto& c : cases) {
    CAPTURE(c.bindings);
    RedisBindings bindings{RedisNames{}};
    bindings.Add("small", Member("key", "", "queue"));
    for (int i = 1; i <= c.bindings; ++i) {
      const std::string key = "k" + std::to_string(i);
      bindings.Add("large", Member(key, c.has_patterns ? "^" + key + "$" : "", "queue"));
    }
    bindings.EndWalk();
    CHECK(bindings.IsKnown("small"));
    CHECK(bindings.IsKnown("large") == (c.problems == 0));
    CHECK(bindings.QueuesOf("large", "k1").size() == (c.problems == 0 ? 1 : 0));
    CHECK(bindings.QueuesOf("small", "key") == Strings{"queue"});
    const auto problem = bindings.Problem();
    CHECK(problem.has_value() == (c.problems > 0));
    if (problem) {
      CHECK(Name(problem->kind()) == "limit");
      CHECK(problem->part() == "discovery");
    }
  }
}

}  // namespace collectors
