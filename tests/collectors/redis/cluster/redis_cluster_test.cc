#include "collectors/redis/cluster/redis_cluster.h"

#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <string>

#include "tests/support/fake_cluster.h"

namespace collectors {
namespace {

using namespace testing::fake_cluster;

// Returns how a first Refresh() against a seed with this script ends.
std::string RefreshOf(const Script& script, const std::string& path = "") {
  FakeServer seed(script);
  RedisCluster cluster(TargetAt(seed, path));
  Run run(milliseconds(400));
  try {
    cluster.Refresh(run.Context());
  } catch (const CollectError& error) {
    return std::string(Name(error.kind()));
  }
  return std::to_string(cluster.Nodes().size()) + " nodes";
}

}  // namespace

TEST_CASE("a node that hangs is waited for once in a run, and goes last in the next") {
  FakeServer hanging(
      {[](Peer& peer) { peer.Mute(); }, Steps({{{"MYID", "PING"}, Bulk("a") + "+PONG\r\n"}})});
  // It reports itself. Its port is known only once it runs.
  std::promise<std::string> nodes;
  FakeServer low([&nodes](Peer& peer) {
    Steps({{{"MYID", "PING"}, Bulk("low") + "+PONG\r\n"},
           {{"MYID", "b"}, Bulk("low") + Bulk("1")},
           {{"MYID", "NODES"}, Bulk("low") + Bulk(nodes.get_future().get())},
           {{"MYID", "PING"}, Bulk("low") + "+PONG\r\n"}})(peer);
  });
  nodes.set_value(Line("a", hanging, kHigh) + Line("low", low, kLow));
  FakeServer seed(Tells(Line("a", hanging, kHigh) + Line("low", low, kLow)));
  RedisCluster cluster(TargetAt(seed));
  Run run(milliseconds(900));
  cluster.Refresh(run.Context());
  REQUIRE(cluster.Nodes().size() == 2);
  CHECK(cluster.Nodes()[0].id == "a");

  Stopwatch first;
  CHECK(run.Ping(cluster, 0) == "error timeout");
  // A third: shares for itself, the other node, and the keys.
  CHECK(first.Elapsed() >= milliseconds(290));
  CHECK(first.Elapsed() < milliseconds(600));
  CHECK(run.Ping(cluster, 1) == "PONG");
  Stopwatch second;
  CHECK(run.Ask(cluster, {"a", "b"}) == "error connect, 1");
  CHECK(second.Elapsed() < milliseconds(250));

  cluster.Refresh(run.Context());  // "low" replies.
  CHECK(cluster.Nodes()[0].id == "low");
  CHECK(cluster.Nodes()[1].id == "a");
  CHECK(run.Ping(cluster, 0) == "PONG");
  CHECK(run.Ping(cluster, 1) == "PONG");  // It works again.
}

TEST_CASE("the connection to a node that has left is closed") {
  std::promise<void> closed;
  FakeServer leaving([&closed](Peer& peer) {
    peer.Expect("\r\na\r\n");
    peer.Send(Bulk("leaving") + Bulk("3"));
    try {
      peer.Mute();
    } catch (...) {
      closed.set_value();
      throw;
    }
  });
  // It reports itself. Its port is known only once it runs.
  std::promise<std::string> nodes;
  FakeServer first([&nodes](Peer& peer) {
    const std::string told = nodes.get_future().get();
    peer.Expect("\r\nNODES\r\n");
    peer.Send(Bulk("first") + Bulk(told));
    peer.Mute();
  });
  nodes.set_value(Line("first", first, " 0-16383"));
  FakeServer seed(Tells(Line("first", first, kLow) + Line("leaving", leaving, kHigh)));
  RedisCluster cluster(TargetAt(seed), milliseconds(0));
  Run run;
  CHECK(run.Ask(cluster, {"a"}) == "3");
  const auto future = closed.get_future();
  CHECK(future.wait_for(milliseconds(0)) == std::future_status::timeout);
  CHECK_FALSE(cluster.Refresh(run.Context()).has_value());
  CHECK(cluster.Nodes().size() == 1);
  CHECK(future.wait_for(milliseconds(5000)) == std::future_status::ready);
}

TEST_CASE("a first run that learns of no nodes says why") {
  struct Case {
    const char* name;
    Script script;
    const char* outcome;
  };
  const std::string two = Line("a", 7000, kLow) + Line("b", 7001, kHigh);
  const Case cases[] = {
      {"tells", Tells(two), "2 nodes"},
      {"tells of itself alone", Tells("a :7000@17000 myself,master - 0 0 0 connected\n"),
       "1 nodes"},
      {"no cluster", Steps({{{"NODES"}, "-ERR This instance has cluster support disabled\r\n"}}),
       "query"},
      {"no permission", Steps({{{"NODES"}, "-NOPERM no permissions\r\n"}}), "permission"},
      {"wants a password", Steps({{{"NODES"}, "-NOAUTH Authentication required.\r\n"}}), "auth"},
      {"nonsense", Steps({{{"NODES"}, ":7\r\n"}}), "protocol"},
      {"closes", [](Peer&) {}, "connect"},
      {"hangs", [](Peer& peer) { peer.Mute(); }, "timeout"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    CHECK(RefreshOf(c.script) == c.outcome);
  }
  CHECK(RefreshOf(Steps({{{"SELECT", "3"}, "-ERR SELECT is not allowed in cluster mode\r\n"}}),
                  "/3") == "query");
}

TEST_CASE("the nodes of before stay where nobody tells newer ones") {
  struct Case {
    const char* name;
    Script again;  // The seed's second reply; the nodes are down.
    const char* problem;
  };
  const std::string gone = "a :7000@17000 myself,master - 0 0 0 connected\n";
  const Case cases[] = {
      {"closes", [](Peer&) {}, "connect"},
      {"removed from the cluster", Tells(gone), "missing"},
      {"loading", Steps({{{"NODES"}, "-LOADING x\r\n"}}), "connect"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    FakeServer seed({Tells(Line("a", DeadPort(), kLow) + Line("b", DeadPort(), kHigh)), c.again});
    RedisCluster cluster(TargetAt(seed), milliseconds(0));
    Run run;
    REQUIRE_FALSE(cluster.Refresh(run.Context()).has_value());
    const auto problem = cluster.Refresh(run.Context());
    REQUIRE(problem.has_value());
    CHECK(Name(problem->kind()) == c.problem);
    CHECK(cluster.Nodes().size() == 2);
    CHECK(cluster.ShardCount() == 2);
  }
}

TEST_CASE("nodes are asked for again only when that is due") {
  FakeServer seed({Tells(Line("a", DeadPort(), kLow)), [](Peer&) {}});
  RedisCluster cluster(TargetAt(seed), std::chrono::hours(1));
  Run run;
  CHECK_FALSE(cluster.Refresh(run.Context()).has_value());
  CHECK_FALSE(cluster.Refresh(run.Context()).has_value());  // The seed would fail if asked.
  CHECK(run.Ping(cluster, 0) == "error connect");
  CHECK(cluster.Refresh(run.Context()).has_value());
}

TEST_CASE("the shards are the primaries with slots, in the order of their ids") {
  FakeServer first(Steps({{{"MYID", "SCAN"}, Bulk("a") + "*0\r\n"}}));
  FakeServer seed(
      Tells(Line("c", DeadPort(), kHigh) + Line("b", DeadPort(), "") + Line("a", first, kLow)));
  RedisCluster cluster(TargetAt(seed));
  CHECK_FALSE(cluster.TakesManyKeys());
  CHECK(cluster.ShardCount() == 0);
  Run run;
  cluster.Refresh(run.Context());
  REQUIRE(cluster.ShardCount() == 2);
  CHECK(cluster.ShardName(0) == "a");
  CHECK(cluster.ShardName(1) == "c");
  const auto replies = cluster.AskShard(run.Context(), 0, 0, {{"SCAN", "0"}});
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].type == RedisReply::Type::kArray);
  const auto errors = cluster.AskShard(run.Context(), 1, 0, {{"SCAN", "0"}, {"DBSIZE"}});
  REQUIRE(errors.size() == 2);
  CHECK(Shown(errors[0]) == "error connect");
  CHECK(Shown(errors[1]) == "error connect");
  CHECK_THROWS_AS(cluster.AskShard(run.Context(), 2, 0, {{"SCAN", "0"}}), CollectError);
}

TEST_CASE("another database than 0 is refused, whoever asks") {
  FakeServer seed([](Peer& peer) { peer.Mute(); });
  RedisCluster cluster(TargetAt(seed));
  Run run;
  for (const bool of_a_shard : {false, true}) {
    try {
      if (of_a_shard) {
        cluster.AskShard(run.Context(), 0, 1, {{"DBSIZE"}});
      } else {
        cluster.Ask(run.Context(), 1, {Get("a")});
      }
      FAIL("it was not refused");
    } catch (const CollectError& error) {
      CHECK(Name(error.kind()) == "query");
      CHECK(std::string(error.what()).find("database 1") != std::string::npos);
    }
  }
}

}  // namespace collectors
