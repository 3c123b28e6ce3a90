#include <doctest/doctest.h>

#include <cstdint>
#include <future>
#include <string>
#include <vector>

#include "collectors/redis/cluster/redis_cluster.h"
#include "tests/support/fake_cluster.h"

namespace collectors {

using namespace testing::fake_cluster;

TEST_CASE("each key is asked of its owner, and the replies keep the order of the keys") {
  FakeServer low(Steps({{{"MYID", "b", "c"}, Bulk("low") + Bulk("1") + "$-1\r\n"}}));
  FakeServer high(Steps({{{"MYID", "a"}, Bulk("high") + Bulk("3")}}));
  FakeServer seed(Tells(Line("low", low, kLow) + Line("high", high, kHigh)));
  RedisCluster cluster(TargetAt(seed));
  CHECK(Run().Ask(cluster, {"b", "a", "c"}) == "1, 3, nil");
}

TEST_CASE("a key whose slot has moved is asked of the node that has it, and the nodes are due") {
  const std::string busy = "-LOADING Redis is loading the dataset in memory\r\n";
  FakeServer high(Steps({{{"MYID", "a"}, Bulk("high") + Bulk("3")},
                         {{"MYID", "b"}, Bulk("high") + Bulk("1")},
                         {{"MYID", "NODES"}, Bulk("high") + busy},
                         {{"MYID", "b"}, Bulk("high") + Bulk("2")}}));
  FakeServer low(Steps({{{"MYID", "b", "c"}, Bulk("low") + Redirect("MOVED", high) + Bulk("7")},
                        {{"MYID", "NODES"}, Bulk("low") + busy},
                        {{"MYID", "c"}, Bulk("low") + Bulk("8")}}));
  FakeServer seed({Tells(Line("low", low, kLow) + Line("high", high, kHigh)),
                   Tells(Line("low", low, " 7365") + Line("high", high, " 0-7364 8192-16383"))});
  RedisCluster cluster(TargetAt(seed));
  Run run;
  CHECK(run.Ask(cluster, {"a", "b", "c"}) == "3, 1, 7");
  CHECK_FALSE(cluster.Refresh(run.Context()).has_value());  // Both were busy, so the seed replied.
  CHECK(run.Ask(cluster, {"b", "c"}) == "2, 8");
}

TEST_CASE("a key that may be on its way is asked for with ASKING, and a missing one is nil") {
  FakeServer high(Steps({{{"MYID", "ASKING", "b", "ASKING", "c"},
                          Bulk("high") + "+OK\r\n" + Bulk("1") + "+OK\r\n$-1\r\n"}}));
  FakeServer low(
      Steps({{{"MYID", "b", "c", "b"},
              Bulk("low") + Redirect("ASK", high) + Redirect("ASK", high) + Bulk("2")}}));
  FakeServer seed(Tells(Line("low", low, kLow) + Line("high", high, kHigh)));
  RedisCluster cluster(TargetAt(seed));
  CHECK(Run().Ask(cluster, {"b", "c", "b"}) == "1, nil, 2");
}

TEST_CASE("redirections end at three, and never as a missing key") {
  // Redirects to itself. Its port is known only once it runs.
  std::promise<std::uint16_t> promised;
  const std::shared_future<std::uint16_t> future = promised.get_future().share();
  FakeServer low([future](Peer& peer) {
    for (int i = 0; i < 4; ++i) {
      peer.Expect("\r\nb\r\n");
      peer.Send(Bulk("low") + "-MOVED 3300 :" + std::to_string(future.get()) + "\r\n");
    }
    peer.Expect("\r\nb\r\n");
    peer.Send(Bulk("low") + Bulk("asked a fifth time"));
    peer.Mute();
  });
  promised.set_value(low.port());
  FakeServer seed(Tells(Line("low", low, kLow)));
  RedisCluster cluster(TargetAt(seed));
  CHECK(Run().Ask(cluster, {"b"}) == "error connect");
}

TEST_CASE("what keeps one key from being read is that key's error") {
  struct Case {
    const char* reply;
    const char* shown;
  };
  const Case cases[] = {
      {"-TRYAGAIN Multiple keys request during rehashing of slot\r\n", "error connect"},
      {"-CLUSTERDOWN Hash slot not served\r\n", "error connect"},
      {"-LOADING Redis is loading the dataset in memory\r\n", "error connect"},
      {"-NOPERM No permissions to access a key\r\n", "error permission"},
      {"-WRONGTYPE Operation against a key\r\n", "error query"},
      {"-MOVED 3300 somewhere\r\n", "error connect"},
      {"-MOVED 3300 127.0.0.1:0\r\n", "error connect"},
      {"-ASK 3300 a b:1\r\n", "error connect"},
      {"-MOVED\r\n", "error connect"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.reply);
    FakeServer low(Steps({{{"MYID", "b", "c"}, Bulk("low") + c.reply + Bulk("7")}}));
    FakeServer seed(Tells(Line("low", low, kLow)));
    RedisCluster cluster(TargetAt(seed));
    CHECK(Run().Ask(cluster, {"b", "c"}) == std::string(c.shown) + ", 7");
  }
}

TEST_CASE("a node that fails costs its own keys alone") {
  struct Case {
    const char* name;
    Script script;
    const char* shown;
  };
  const Case cases[] = {
      {"closes", [](Peer&) {}, "error connect"},
      {"resets", [](Peer& peer) { peer.Reset(); }, "error connect"},
      {"hangs", [](Peer& peer) { peer.Mute(); }, "error connect"},
      {"speaks HTTP", Steps({{{"a"}, "HTTP/1.1 400 Bad Request\r\n\r\n"}}), "error protocol"},
      {"is another node", Steps({{{"a"}, Bulk("other") + "$-1\r\n"}}), "error connect"},
      {"is no node", Steps({{{"a"}, "-ERR This instance has cluster support disabled\r\n$-1\r\n"}}),
       "error connect"},
      {"does not tell its id", Steps({{{"a"}, "-NOPERM no permissions\r\n" + Bulk("3")}}), "3"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    FakeServer low(Steps({{{"MYID", "b"}, Bulk("low") + Bulk("1")}}));
    FakeServer high(c.script);
    // The node that fails is the first by id.
    FakeServer seed(Tells(Line("low", low, kLow) + Line("high", high, kHigh)));
    RedisCluster cluster(TargetAt(seed));
    Run run(milliseconds(1200));
    const Stopwatch watch;
    CHECK(run.Ask(cluster, {"a", "b"}) == c.shown + std::string(", 1"));
    CHECK(watch.Elapsed() < milliseconds(1000));
  }
}

TEST_CASE("a key without a node to ask is an error") {
  FakeServer seed(
      Tells(Line("low", DeadPort(), kLow) + "high :0@0 master,noaddr - 0 0 1 x 8192-9000"));
  RedisCluster cluster(TargetAt(seed));
  CHECK(Run().Ask(cluster, {"b", "a", "foo", "{slot 8193}"}) ==
        "error connect, error connect, error connect, error connect");
}

}  // namespace collectors
