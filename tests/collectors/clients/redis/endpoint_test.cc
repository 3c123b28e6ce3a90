#include "collectors/clients/redis/endpoint.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/capture.h"

namespace collectors {

TEST_CASE("a Redis URL leads to a place, a user and a database") {
  struct Case {
    std::string url, name, user, password;
    int database;
  };
  const std::vector<Case> cases = {
      {"redis://localhost", "localhost:6379", "", "", 0},
      {"redis://", "localhost:6379", "", "", 0},
      {"redis://cache.internal:6380/3", "cache.internal:6380", "", "", 3},
      {"redis://10.0.0.1:6380/", "10.0.0.1:6380", "", "", 0},
      {"redis://h?db=4", "h:6379", "", "", 4},
      {"redis://h:1/2?socket_timeout=5&db=4", "h:1", "", "", 4},
      {"redis://:secret@h", "h:6379", "", "secret", 0},
      {"redis://user:secret@h/1", "h:6379", "user", "secret", 1},
      {"redis://user@h", "h:6379", "user", "", 0},
      {"redis://u%40x:p%2Fa%3ass%20@h", "h:6379", "u@x", "p/a:ss ", 0},
      {"redis://u:p@ss:word@h", "h:6379", "u", "p@ss:word", 0},
      {"redis://[::1]", "[::1]:6379", "", "", 0},
      {"redis://u:p@[fe80::1]:6380/2", "[fe80::1]:6380", "u", "p", 2},
      {"unix:///run/redis/redis.sock", "/run/redis/redis.sock", "", "", 0},
      {"unix://:secret@/run/redis%20a.sock?db=5", "/run/redis a.sock", "", "secret", 5},
      {"redis+socket:///run/r.sock?virtual_host=2", "/run/r.sock", "", "", 2},
  };
  for (const Case& c : cases) {
    CAPTURE(c.url);
    const RedisEndpoint endpoint = ParseRedisUrl(c.url);
    CHECK(endpoint.Name() == c.name);
    CHECK(endpoint.user == c.user);
    CHECK(endpoint.password.Reveal() == c.password);
    CHECK(endpoint.database == c.database);
  }
}

TEST_CASE("a URL says whether TLS is spoken") {
  for (const char* url :
       {"rediss://h", "valkeys://h", "rediss-sentinel://h/0?sentinelMasterId=m"}) {
    CHECK(ParseRedisUrl(url).tls);
  }
  for (const char* url :
       {"redis://h", "valkey://h", "unix:///s", "redis+sentinel://h?master_name=m"}) {
    CHECK_FALSE(ParseRedisUrl(url).tls);
  }
}

TEST_CASE("a sentinels' URL names them, the master, its database and its login") {
  const RedisEndpoint endpoint = ParseRedisUrl(
      "redis-sentinel://app:p%40ss@s1,s2:26380,[::1]:5/3?timeout=5s&sentinelMasterId=my%20shop");
  CHECK(endpoint.sentinels ==
        std::vector<RedisNodeAddress>{{"s1", 26379}, {"s2", 26380}, {"::1", 5}});
  CHECK(endpoint.master == "my shop");
  CHECK(endpoint.database == 3);
  CHECK(endpoint.user == "app");
  CHECK(endpoint.password.Reveal() == "p@ss");
  CHECK(ParseRedisUrl("redis+sentinel://s/0?master_name=m").master == "m");
}

TEST_CASE("a wrong Redis URL is refused without a word of its password") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"hunter2", "must begin with redis://"},
      {"http://:hunter2@h", "must begin with redis://"},
      {"redisss://:hunter2@h", "must begin with redis://"},
      {"://:hunter2@h", "must begin with redis://"},
      {"redis-sentinel://:hunter2@h", "names no master"},
      {"redis-sentinel://:hunter2@h,h2:0/0?sentinelMasterId=m", "port"},
      {"redis-sentinel://:hunter2@[::1,h2/0?sentinelMasterId=m", "bracket"},
      {"redis://:hunter2@h:6379/0;redis://:hunter2@h2:6379/0", "is a list"},
      {"redis://:hunter2@h;redis://:hunter2@h2", "is a list"},
      {"redis://:hunter2@h:0", "port"},
      {"redis://:hunter2@h:65536", "port"},
      {"redis://:hunter2@h:-1", "port"},
      {"redis://:hunter2@h:6379x", "port"},
      {"redis://:hunter2@[::1", "bracket"},
      {"redis://:hunter2@[::1]6379", "port"},
      {"redis://:hunter2@h/x", "database"},
      {"redis://:hunter2@h/-1", "database"},
      {"redis://:hunter2@h/99999999999999999999", "database"},
      {"redis://h/0?db=hunter2", "database"},
      {"redis://:hunter2%@h", "hexadecimal"},
      {"redis://:hunter2%2@h", "hexadecimal"},
      {"redis://:hunter2%-1@h", "hexadecimal"},
      {"unix://:hunter2@", "names no socket"},
      {"unix://hunter2/redis.sock", "absolute"},
  };
  for (const auto& [url, expected] : cases) {
    CAPTURE_BOUND(url);
    try {
      ParseRedisUrl(url);
      FAIL("taken");
    } catch (const std::invalid_argument& error) {
      const std::string text = error.what();
      CHECK(text.find(expected) != std::string::npos);
      CHECK(text.find("hunter2") == std::string::npos);
    }
  }
}

}  // namespace collectors
