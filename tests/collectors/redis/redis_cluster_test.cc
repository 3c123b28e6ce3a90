#include "collectors/redis/redis_cluster.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <future>
#include <string>
#include <vector>

#include "tests/support/fake_server.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using exporter::SecretSource;
using exporter::Watchdog;
using std::chrono::milliseconds;
using testing::FakeServer;
using Peer = FakeServer::Peer;
using Script = FakeServer::Script;

// "b" is in slot 3300 and "c" in 7365: the low half; "a" in 15495: the high half.
const std::string kLow = " 0-8191";
const std::string kHigh = " 8192-16383";

std::string Bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

// What a node expects, word by word, and what it then sends.
struct Step {
  std::vector<std::string> words;
  std::string answer;
};

// One connection that goes through the steps and then says nothing more.
Script Steps(std::vector<Step> steps) {
  return [steps](Peer& peer) {
    for (const Step& step : steps) {
      for (const std::string& word : step.words) peer.Expect("\r\n" + word + "\r\n");
      peer.Send(step.answer);
    }
    peer.Mute();
  };
}

std::string Redirect(const std::string& word, const FakeServer& node) {
  return "-" + word + " 1 127.0.0.1:" + std::to_string(node.port()) + "\r\n";
}

std::string Line(const std::string& id, int port, const std::string& slots) {
  return id + " 127.0.0.1:" + std::to_string(port) + "@1 " + (slots.empty() ? "slave" : "master") +
         " - 0 0 1 connected" + slots + "\n";
}

std::string Line(const std::string& id, const FakeServer& node, const std::string& slots) {
  return Line(id, node.port(), slots);
}

// A seed that tells of these nodes.
Script Tells(const std::string& nodes) { return Steps({{{"NODES"}, Bulk(nodes)}}); }

RedisTarget TargetAt(const FakeServer& seed, const std::string& path = "") {
  return {SecretSource::Literal("redis://127.0.0.1:" + std::to_string(seed.port()) + path), "",
          SecretSource(), ""};
}

// A port where nobody listens.
int DeadPort() {
  const FakeServer server([](Peer&) {});
  return server.port();
}

std::string Shown(const RedisReply& reply) {
  if (reply.type == RedisReply::Type::kNil) return "nil";
  if (reply.type != RedisReply::Type::kError) return reply.text;
  return "error " + std::string(Name(KindOfRedisError(reply.text)));
}

KeyCommand Get(const std::string& key) { return {key, {"GET", key}}; }

// A run's calls, each with as much time as the first.
class Run {
 public:
  explicit Run(milliseconds budget = milliseconds(5000)) : budget_(budget) {}

  CollectContext Context() { return {Deadline::After(budget_), watchdog_}; }

  // The replies to GET of the keys, as "1 nil error:connect".
  std::string Ask(RedisCluster& cluster, const std::vector<std::string>& keys) {
    std::vector<KeyCommand> commands;
    for (const std::string& key : keys) commands.push_back(Get(key));
    std::string text;
    for (const RedisReply& reply : cluster.Ask(Context(), 0, commands)) {
      text += (text.empty() ? "" : ", ") + Shown(reply);
    }
    return text;
  }

  // The reply to PING, or how it failed.
  std::string Ping(RedisCluster& cluster, std::size_t node) {
    try {
      return Shown(cluster.AskNode(Context(), node, {{"PING"}}).at(0));
    } catch (const CollectError& error) {
      return "error " + std::string(Name(error.kind()));
    }
  }

 private:
  milliseconds budget_;
  Watchdog watchdog_;
};

// How a first Refresh() against a seed with this script ends.
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

class Stopwatch {
 public:
  milliseconds Elapsed() const {
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start_);
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

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
  CHECK_FALSE(cluster.Refresh(run.Context()).has_value());  // Both were busy: the seed told.
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
  // To itself, by a port that is known only once it runs.
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
    // The one that fails is the first by its id.
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

TEST_CASE("a node that hangs is waited for once in a run, and goes last in the next") {
  FakeServer hanging([](Peer& peer) { peer.Mute(); });
  FakeServer low(Steps({{{"MYID", "PING"}, Bulk("low") + "+PONG\r\n"},
                        {{"MYID", "b"}, Bulk("low") + Bulk("1")},
                        {{"MYID", "NODES"}, Bulk("low") + "-LOADING x\r\n"},
                        {{"MYID", "PING"}, Bulk("low") + "+PONG\r\n"}}));
  FakeServer seed(Tells(Line("a", hanging, kHigh) + Line("low", low, kLow)));
  RedisCluster cluster(TargetAt(seed));
  Run run(milliseconds(900));
  cluster.Refresh(run.Context());
  REQUIRE(cluster.Nodes().size() == 2);
  CHECK(cluster.Nodes()[0].id == "a");

  Stopwatch first;
  CHECK(run.Ping(cluster, 0) == "error timeout");
  CHECK(first.Elapsed() >= milliseconds(290));  // A third: it, the other, and the keys.
  CHECK(first.Elapsed() < milliseconds(600));
  CHECK(run.Ping(cluster, 1) == "PONG");
  Stopwatch second;
  CHECK(run.Ask(cluster, {"a", "b"}) == "error connect, 1");
  CHECK(second.Elapsed() < milliseconds(250));

  cluster.Refresh(run.Context());
  CHECK(cluster.Nodes()[0].id == "low");
  CHECK(cluster.Nodes()[1].id == "a");
  CHECK(run.Ping(cluster, 0) == "PONG");
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
    Script again;  // What the seed does then; the nodes are down.
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
  CHECK_FALSE(cluster.Refresh(run.Context()).has_value());  // The seed would fail.
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
