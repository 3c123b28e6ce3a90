#include "collectors/redis/cluster/cluster_topology.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;

const ClusterViewpoint kFromHere = {"asked.example"};

ClusterTopology Captured(const std::string& name) {
  std::ifstream file("tests/data/redis/cluster-nodes-7.0.15-" + name + ".txt");
  REQUIRE(file.good());
  return {std::string(std::istreambuf_iterator<char>(file), {}), kFromHere};
}

// A line of CLUSTER NODES. `slots` follows the link state.
std::string Line(const std::string& id, const std::string& address, const std::string& flags,
                 const std::string& slots = "") {
  return id + " " + address + " " + flags + " - 0 0 1 connected" + slots + "\n";
}

// How many slots each owner has, as "address=slots address=slots".
std::string OwnersIn(const ClusterTopology& topology) {
  std::map<std::string, int> counts;
  for (int slot = 0; slot < kKeySlots; ++slot) {
    const ClusterNode* owner = topology.OwnerOf(slot);
    ++counts[owner == nullptr ? "none" : owner->address.Name()];
  }
  std::string text;
  for (const auto& [name, count] : counts) text += name + "=" + std::to_string(count) + " ";
  return text;
}

ErrorKind KindOf(const std::string& text) {
  try {
    const ClusterTopology topology(text, kFromHere);
  } catch (const CollectError& error) {
    return error.kind();
  }
  return ErrorKind::kInternal;  // It was accepted.
}

RedisReply Error(const std::string& text) {
  RedisReply reply;
  reply.type = RedisReply::Type::kError;
  reply.text = text;
  return reply;
}

}  // namespace

TEST_CASE("a captured cluster has its nodes, roles and owners") {
  const ClusterTopology topology = Captured("failed-over");
  const auto& nodes = topology.nodes();
  REQUIRE(nodes.size() == 6);  // Without the one in handshake.
  CHECK(topology.shards().size() == 3);
  CHECK(OwnersIn(topology) == "127.0.0.1:37931=5462 127.0.0.1:49899=5462 127.0.0.1:59311=5460 ");
  CHECK(std::is_sorted(nodes.begin(), nodes.end(),
                       [](const auto& a, const auto& b) { return a.id < b.id; }));
  const ClusterNode* dead = topology.At({"127.0.0.1", 56341});
  REQUIRE(dead != nullptr);
  CHECK(dead->fails);
  CHECK(dead->is_primary);
  CHECK(dead->slots.empty());
  const ClusterNode* replica = topology.At({"127.0.0.1", 44721});
  REQUIRE(replica != nullptr);
  CHECK_FALSE(replica->is_primary);
  CHECK(replica->primary_id == "2022efc29687e7417013a5a84e546005d9f78cfb");
  CHECK(topology.OwnerOf(15891)->id == "2022efc29687e7417013a5a84e546005d9f78cfb");
}

TEST_CASE("a slot on its way is its source's, as source and target tell it") {
  for (const char* name : {"source-moving", "target-moving"}) {
    CAPTURE(name);
    const ClusterTopology topology = Captured(name);
    CHECK(OwnersIn(topology) == "127.0.0.1:37931=5461 127.0.0.1:56341=5462 127.0.0.1:59311=5461 ");
    CHECK(topology.OwnerOf(15891)->address.port == 59311);
  }
}

TEST_CASE("a node's address is read as every version writes it") {
  struct Case {
    const char* text;
    bool names_first;
    std::string address;  // And the other host that finds it.
  };
  const Case cases[] = {
      {"10.0.0.1:7000", false, "10.0.0.1:7000 "},  // Redis 3.
      {"10.0.0.1:7000@17000", false, "10.0.0.1:7000 "},
      {"10.0.0.1:7000@17000,", false, "10.0.0.1:7000 "},
      {"10.0.0.1:7000@17000,", true, "10.0.0.1:7000 "},
      {"10.0.0.1:7000@17000,n1.example", false, "10.0.0.1:7000 n1.example"},
      {"10.0.0.1:7000@17000,n1.example", true, "n1.example:7000 10.0.0.1"},
      {"10.0.0.1:7000@17000,,tls-port=0,shard-id=69bc", false, "10.0.0.1:7000 "},
      {"n1.example:7000@17000", false, "n1.example:7000 "},
      {"::1:28501@38501", false, "[::1]:28501 "},
      {"2001:db8::7:7000@17000", false, "[2001:db8::7]:7000 "},
      {":7000@17000", false, "asked.example:7000 "},
      {":0@0", false, "asked.example:0 "},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const ClusterTopology topology(Line("a", c.text, "master"), {"asked.example", c.names_first});
    const ClusterNode& node = topology.nodes().at(0);
    CHECK(node.address.Name() + " " + node.other_host == c.address);
  }
}

TEST_CASE("flags tell who is a primary, who fails and who cannot be reached") {
  struct Case {
    const char* flags;
    bool is_primary;
    bool fails;
    bool has_address;
  };
  const Case cases[] = {
      {"myself,master", true, false, true},      {"slave", false, false, true},
      {"master,fail", true, true, true},         {"master,fail?", true, true, true},
      {"slave,fail,noaddr", false, true, false}, {"noflags", false, false, true},
      {"slave,nofailover", false, false, true},
  };
  for (const Case& c : cases) {
    CAPTURE(c.flags);
    const ClusterTopology topology(Line("a", "h:1@2", c.flags), kFromHere);
    const ClusterNode& node = topology.nodes().at(0);
    CHECK(node.is_primary == c.is_primary);
    CHECK(node.fails == c.fails);
    CHECK((node.address.port != 0) == c.has_address);
  }
}

TEST_CASE("slots are single, ranges, or on their way") {
  struct Case {
    const char* slots;
    int owned;
  };
  const Case cases[] = {{"", 0},
                        {" 5", 1},
                        {" 0-16383", 16384},
                        {" 1 5-7 9", 5},
                        {" 5 [93-<-a77e] [94->-b11f]", 1},
                        {" [93-<-a77e]", 0}};
  for (const Case& c : cases) {
    CAPTURE(c.slots);
    const ClusterTopology topology(Line("a", "h:1@2", "master", c.slots), kFromHere);
    CHECK(topology.shards().size() == (c.owned == 0 ? 0 : 1));
    const std::string none =
        c.owned == kKeySlots ? "" : "none=" + std::to_string(kKeySlots - c.owned);
    const std::string owned = c.owned == 0 ? "" : "h:1=" + std::to_string(c.owned) + " ";
    CHECK(OwnersIn(topology) == owned + (none.empty() ? "" : none + " "));
  }
}

TEST_CASE("of two nodes at one address the one that lives is there") {
  for (const bool dead_first : {true, false}) {
    const std::string dead = Line(dead_first ? "a" : "z", "h:1@2", "master,fail", " 0-9");
    const ClusterTopology topology(dead + Line("m", "h:1@2", "master", " 10-19"), kFromHere);
    REQUIRE(topology.At({"h", 1}) != nullptr);
    CHECK(topology.At({"h", 1})->id == "m");
    CHECK(topology.OwnerOf(0)->address.port == 0);
    CHECK(topology.OwnerOf(10)->address.port == 1);
  }
}

TEST_CASE("what is no reply to CLUSTER NODES is refused") {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += Line(std::to_string(i), "h:1@2", "master");
  CHECK(KindOf(many) == ErrorKind::kInternal);
  struct Case {
    std::string text;
    ErrorKind kind;
  };
  const Case cases[] = {
      {"", ErrorKind::kProtocol},
      {"\n\n", ErrorKind::kProtocol},
      {"OK", ErrorKind::kProtocol},
      {"a h:1@2 master - 0 0 1\n", ErrorKind::kProtocol},
      {Line("a", "h:1@2", "handshake"), ErrorKind::kProtocol},  // No member is left.
      {Line(std::string(41, 'a'), "h:1@2", "master"), ErrorKind::kProtocol},
      {Line("a", "h", "master"), ErrorKind::kProtocol},
      {Line("a", "h:65536@2", "master"), ErrorKind::kProtocol},
      {Line("a", "h:-1@2", "master"), ErrorKind::kProtocol},
      {Line("a", "h\xff:1@2", "master"), ErrorKind::kProtocol},
      {Line("a", std::string(254, 'h') + ":1@2", "master"), ErrorKind::kProtocol},
      {Line("a", "h:1@2", "master", " 16384"), ErrorKind::kProtocol},
      {Line("a", "h:1@2", "master", " 9-5"), ErrorKind::kProtocol},
      {Line("a", "h:1@2", "master", " 5-"), ErrorKind::kProtocol},
      {Line("a", "h:1@2", "master", " x"), ErrorKind::kProtocol},
      {Line("a", "h:1@2", "master", " 0-16383 7"), ErrorKind::kProtocol},
      {many + Line("z", "h:1@2", "master"), ErrorKind::kLimit},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text.substr(0, 100));
    CHECK(Name(KindOf(c.text)) == Name(c.kind));
  }
}

TEST_CASE("a redirection names the node to ask") {
  struct Case {
    const char* reply;
    std::string redirection;
  };
  const Case cases[] = {
      {"MOVED 3999 127.0.0.1:6381", "moved 127.0.0.1:6381"},
      {"ASK 3999 127.0.0.1:6381", "ask 127.0.0.1:6381"},
      {"MOVED 3999 n1.example:6381", "moved n1.example:6381"},
      {"MOVED 3999 2001:db8::1:6381", "moved [2001:db8::1]:6381"},
      {"MOVED 15495 :59311", "moved asked.example:59311"},
      {"MOVED 15495 ?:59311", "moved asked.example:59311"},  // unknown-endpoint, Redis 7.
      {"MOVED 3999 127.0.0.1:0", "moved 127.0.0.1:0"},
      {"MOVED 3999 127.0.0.1:99999", "moved :0"},
      {"MOVED 3999 /etc/passwd:80", "moved :0"},
      {"MOVED 3999", "moved :0"},
      {"MOVED", "moved :0"},
      {"MOVEDX 3999 127.0.0.1:6381", "none"},
      {"TRYAGAIN Multiple keys request during rehashing of slot", "none"},
      {"CLUSTERDOWN Hash slot not served", "none"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.reply);
    const auto redirection = RedirectionOf(Error(c.reply), "asked.example");
    const std::string found =
        !redirection ? "none" : (redirection->is_ask ? "ask " : "moved ") + redirection->to.Name();
    CHECK(found == c.redirection);
  }
  RedisReply value = Error("MOVED 3999 127.0.0.1:6381");
  value.type = RedisReply::Type::kString;  // A key's own value.
  CHECK_FALSE(RedirectionOf(value, "asked.example").has_value());
}

}  // namespace collectors
