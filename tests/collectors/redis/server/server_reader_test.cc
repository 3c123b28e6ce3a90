#include "collectors/redis/server/server_reader.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <utility>

#include "collectors/redis/server/reply_parts.h"
#include "exporter/forms/exposition.h"
#include "tests/support/captured_reply.h"
#include "tests/support/taken.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::Reading;
using exporter::SteadyTime;
using std::chrono::minutes;
using testing::CapturedReply;
using testing::ReplyOf;

constexpr std::chrono::system_clock::time_point kNow{std::chrono::seconds(1'700'000'000)};

ServerParts AllParts() {
  ServerParts parts;
  for (const ReplyPart& part : ReplyParts()) parts.replies.push_back(&part);
  return parts;
}

// Returns the file with a command's reply: "config-get-all" for CONFIG GET *.
std::string FileOf(const RedisCommand& words) {
  std::string name;
  for (const std::string& word : words) name += (name.empty() ? "" : "-") + word;
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  const std::size_t star = name.find('*');
  if (star != std::string::npos) name.replace(star, 1, "all");
  return name;
}

// A server with the captured replies.
AskServer Captured(const std::string& server) {
  return [server](const std::vector<RedisCommand>& commands) {
    std::vector<RedisReply> replies;
    for (const auto& words : commands)
      replies.push_back(CapturedReply(server + "/" + FileOf(words)));
    return replies;
  };
}

// A captured server that refuses commands whose file name begins with `command`.
AskServer Refusing(const std::string& server, const std::string& command, const std::string& error,
                   std::size_t* asked = nullptr) {
  return [=, ask = Captured(server)](const std::vector<RedisCommand>& commands) {
    std::vector<RedisReply> replies = ask(commands);
    for (std::size_t i = 0; i < commands.size(); ++i) {
      if (!FileOf(commands[i]).starts_with(command)) continue;
      replies[i] = ReplyOf("-" + error + "\r\n");
      if (asked != nullptr) ++*asked;
    }
    return replies;
  };
}

std::string PageOf(Reading& reading) {
  std::string page;
  for (const auto& timed : exporter::testing::TakenFrom(std::move(reading.families))) {
    page += exporter::testing::Rendered(timed.family);
  }
  return page;
}

std::string FileText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

// EXPORTER_REWRITE_GOLDEN=1 rewrites the pages: review the difference.
TEST_CASE("a server of each kind and version becomes its page") {
  const ServerParts parts = AllParts();
  for (const std::string server :
       {"server-6.2.14", "server-7.0.15", "server-8.2.3", "primary-7.0.15", "replica-7.0.15",
        "sentinel-7.0.15", "cluster-7.0.15", "valkey-9.1.2", "valkey-sentinel-9.1.2"}) {
    CAPTURE(server);
    ServerReader reader(parts);
    Reading reading;
    reader.Read(Captured(server), SteadyTime{}, kNow, reading);
    for (const CollectError& problem : reading.problems) {
      FAIL_CHECK(problem.part() << ": " << problem.what());
    }
    const std::string page = PageOf(reading);
    const std::string golden = "tests/data/redis/" + server + "/page.prom";
    if (std::getenv("EXPORTER_REWRITE_GOLDEN") != nullptr) std::ofstream(golden) << page;
    CHECK(page == FileText(golden));
  }
}

TEST_CASE("no secret of CONFIG GET is shown") {
  const ServerParts parts = AllParts();
  ServerReader reader(parts);
  Reading reading;
  const auto ask = [](const std::vector<RedisCommand>& commands) {
    std::vector<RedisReply> replies = Captured("server-7.0.15")(commands);
    for (std::size_t i = 0; i < commands.size(); ++i) {
      if (FileOf(commands[i]) != "config-get-all") continue;
      // Valkey's name for masterauth.
      replies[i].items.insert(replies[i].items.end(), {ReplyOf("+primaryauth\r\n"), RedisReply()});
      for (std::size_t j = 0; j + 1 < replies[i].items.size(); j += 2) {
        replies[i].items[j + 1].text = "value-of-" + replies[i].items[j].text;
      }
    }
    return replies;
  };
  reader.Read(ask, SteadyTime{}, kNow, reading);
  const std::string page = PageOf(reading);
  CHECK(page.find("value-of-maxmemory\"") != std::string::npos);
  for (const char* secret : {"requirepass", "masterauth", "primaryauth", "tls-key-file-pass",
                             "tls-client-key-file-pass"}) {
    CHECK(page.find(std::string("value-of-") + secret) == std::string::npos);
  }
}

TEST_CASE("a part that is refused costs itself, and is asked again after ten minutes") {
  const ServerParts parts = AllParts();
  for (const char* error : {"NOPERM this user has no permissions to run the 'slowlog' command",
                            "ERR unknown command 'SLOWLOG', with args beginning with: 'LEN' ",
                            "ERR unknown subcommand 'LEN'. Try SLOWLOG HELP.",
                            "ERR Unknown subcommand or wrong number of arguments for 'LEN'."}) {
    CAPTURE(error);
    ServerReader reader(parts);
    std::size_t asked = 0;
    const AskServer ask = Refusing("server-7.0.15", "slowlog", error, &asked);
    for (const int after : {0, 1, 9, 10, 11}) {
      Reading reading;
      reader.Read(ask, SteadyTime{} + minutes(after), kNow, reading);
      REQUIRE(reading.problems.size() == 1);
      CHECK(reading.problems[0].kind() == ErrorKind::kPermission);
      CHECK(reading.problems[0].part() == "slow_log");
      const std::string page = PageOf(reading);
      CHECK(page.find("redis_slowlog_length") == std::string::npos);
      CHECK(page.find("redis_commands_latencies_usec_count") != std::string::npos);
      CHECK(page.find("redis_uptime_in_seconds") != std::string::npos);
    }
    CHECK(asked == 4);  // Two commands, twice.
  }
}

TEST_CASE("a quorum that may not be asked for is no quorum that is missing") {
  const ServerParts parts = AllParts();
  const auto page = [&](const std::string& error) {
    ServerReader reader(parts);
    Reading reading;
    reader.Read(Refusing("sentinel-7.0.15", "sentinel-ckquorum", error), {}, kNow, reading);
    return PageOf(reading);
  };
  CHECK(page("NOPERM no").find("ckquorum_status") == std::string::npos);
  CHECK(page("NOQUORUM 1 usable Sentinels.").find("message=\"NOQUORUM\"} 0\n") !=
        std::string::npos);
}

TEST_CASE("where a master is wanted, what says that it is none is not read") {
  ServerParts parts = AllParts();
  parts.only_master = true;
  Reading reading;
  ServerReader(parts).Read(Captured("primary-7.0.15"), {}, kNow, reading);
  CHECK(reading.problems.empty());
  Reading none;
  try {
    ServerReader(parts).Read(Captured("replica-7.0.15"), {}, kNow, none);
    FAIL("it was read");
  } catch (const CollectError& error) {
    CHECK(error.kind() == ErrorKind::kConnect);
  }
  CHECK(std::move(none.families).Take().empty());
}

TEST_CASE("a part that is allowed again is back") {
  const ServerParts parts = AllParts();
  ServerReader reader(parts);
  Reading refused;
  reader.Read(Refusing("server-7.0.15", "config", "NOPERM no"), SteadyTime{}, kNow, refused);
  CHECK(refused.problems.size() == 2);
  Reading reading;
  reader.Read(Captured("server-7.0.15"), SteadyTime{} + minutes(10), kNow, reading);
  CHECK(reading.problems.empty());
  CHECK(PageOf(reading).find("redis_config_maxclients 10000\n") != std::string::npos);
}

TEST_CASE("an INFO that is refused or tells nothing is a failure of its kind") {
  const struct {
    std::string reply;
    ErrorKind kind;
  } cases[] = {
      {"-NOPERM no\r\n", ErrorKind::kPermission}, {"-NOAUTH no\r\n", ErrorKind::kAuth},
      {"-LOADING wait\r\n", ErrorKind::kConnect}, {"$0\r\n\r\n", ErrorKind::kProtocol},
      {":1\r\n", ErrorKind::kProtocol},           {"$-1\r\n", ErrorKind::kProtocol},
  };
  const ServerParts parts = AllParts();
  for (const auto& row : cases) {
    CAPTURE(row.reply);
    ServerReader reader(parts);
    Reading reading;
    const auto ask = [&](const std::vector<RedisCommand>&) {
      return std::vector<RedisReply>{ReplyOf(row.reply)};
    };
    try {
      reader.Read(ask, SteadyTime{}, kNow, reading);
      FAIL("it was read");
    } catch (const CollectError& error) {
      CHECK(error.kind() == row.kind);
    }
  }
}

TEST_CASE("a reply of another shape costs its part, and nothing crashes") {
  const ServerParts parts = AllParts();
  for (const char* odd :
       {"$-1\r\n", ":5\r\n", "*0\r\n", "*-1\r\n", "*2\r\n*0\r\n*1\r\n:1\r\n", "$3\r\nx=y\r\n",
        "*4\r\n$1\r\na\r\n*0\r\n$-1\r\n:9223372036854775807\r\n"}) {
    for (const std::string server : {"server-7.0.15", "sentinel-7.0.15", "cluster-7.0.15"}) {
      CAPTURE(odd);
      ServerReader reader(parts);
      Reading reading;
      const auto ask = [&](const std::vector<RedisCommand>& commands) {
        if (commands.front()[0] == "INFO" && commands.size() == 1)
          return Captured(server)(commands);
        return std::vector<RedisReply>(commands.size(), ReplyOf(odd));
      };
      reader.Read(ask, SteadyTime{}, kNow, reading);
      for (const CollectError& problem : reading.problems) {
        CHECK(problem.kind() == ErrorKind::kProtocol);
      }
      CHECK(PageOf(reading).find("redis_uptime_in_seconds") != std::string::npos);
    }
  }
}

TEST_CASE("databases are those that CONFIG tells of, within reason") {
  const ServerParts parts = AllParts();
  const auto databases = [&](const std::string& server, const std::string& count) {
    ServerReader reader(parts);
    Reading reading;
    const auto ask = [&](const std::vector<RedisCommand>& commands) {
      std::vector<RedisReply> replies = Captured(server)(commands);
      for (std::size_t i = 0; i < commands.size(); ++i) {
        const std::string file = FileOf(commands[i]);
        if (file == "config-get-databases") replies[i].items[1].text = count;
        if (file == "config-get-cluster-databases" && !count.empty()) {
          replies[i] = ReplyOf("*2\r\n+cluster-databases\r\n+" + count + "\r\n");
        }
      }
      return replies;
    };
    reader.Read(ask, SteadyTime{}, kNow, reading);
    for (const auto& timed : exporter::testing::TakenFrom(std::move(reading.families))) {
      if (timed.family.name == "redis_db_keys") return timed.family.metric.size();
    }
    return std::size_t{0};
  };
  CHECK(databases("server-7.0.15", "16") == 16);
  CHECK(databases("server-7.0.15", "x") == 2);
  CHECK(databases("server-7.0.15", "-3") == 2);
  CHECK(databases("server-7.0.15", "2000000000") == 1024);
  CHECK(databases("cluster-7.0.15", "") == 1);
  CHECK(databases("cluster-7.0.15", "16") == 16);  // As in Valkey 9.
}

}  // namespace collectors
