#include "collectors/clients/amqp/amqp_url.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/capture.h"

namespace collectors {

TEST_CASE("a RabbitMQ URL leads to a place, a user and a virtual host, as in kombu") {
  struct Case {
    std::string url, name, user, password, vhost;
  };
  const std::vector<Case> cases = {
      {"amqp://", "localhost:5672", "guest", "guest", "/"},
      {"amqp://localhost", "localhost:5672", "guest", "guest", "/"},
      {"amqp://mq.internal:5673/", "mq.internal:5673", "guest", "guest", "/"},
      {"amqp://h//", "h:5672", "guest", "guest", "/"},
      {"amqp://h/%2F", "h:5672", "guest", "guest", "/"},
      {"amqp://h/%2f", "h:5672", "guest", "guest", "/"},
      {"amqp://h/shop", "h:5672", "guest", "guest", "shop"},
      {"amqp://h//shop", "h:5672", "guest", "guest", "/shop"},
      {"amqp://h/a/b%20c", "h:5672", "guest", "guest", "a/b c"},
      {"amqp://h/shop?heartbeat=5", "h:5672", "guest", "guest", "shop"},
      {"amqp://h?heartbeat=5", "h:5672", "guest", "guest", "/"},
      {"amqp://u:secret@h/v", "h:5672", "u", "secret", "v"},
      {"amqp://u@h", "h:5672", "u", "guest", "/"},
      {"amqp://:secret@h", "h:5672", "guest", "secret", "/"},
      {"amqp://:@h", "h:5672", "guest", "guest", "/"},
      {"amqp://u%40x:p%2Fa%3ass%20@h", "h:5672", "u@x", "p/a:ss ", "/"},
      {"amqp://u:p@ss:word@h", "h:5672", "u", "p@ss:word", "/"},
      {"amqp://u:p@:5673/v", "localhost:5673", "u", "p", "v"},
      {"amqp://[::1]", "[::1]:5672", "guest", "guest", "/"},
      {"amqps://u:p@[fe80::1]:5673/v", "[fe80::1]:5673", "u", "p", "v"},
      {"amqps://h", "h:5671", "guest", "guest", "/"},
      {"pyamqp://h", "h:5672", "guest", "guest", "/"},
      {"librabbitmq://h", "h:5672", "guest", "guest", "/"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.url);
    const AmqpEndpoint endpoint = ParseAmqpUrls(c.url).front();
    CHECK(endpoint.Name() == c.name);
    CHECK(endpoint.user == c.user);
    CHECK(endpoint.password.Reveal() == c.password);
    CHECK(endpoint.vhost == c.vhost);
    CHECK(endpoint.tls == c.url.starts_with("amqps"));
  }
}

TEST_CASE("a list of RabbitMQ URLs has all servers, in their order") {
  struct Case {
    std::string urls;
    std::vector<std::string> names;
  };
  const std::vector<Case> cases = {
      {"amqp://a;amqp://b", {"a:5672", "b:5672"}},
      {"amqp://u:p@a:1//;amqps://u:p@b//", {"a:1", "b:5671"}},
      {"amqp://a;b:2", {"a:5672", "b:2"}},
      {"amqp://u:p@a;u:p@b", {"a:5672", "b:5672"}},
      {"amqp://u:p;w@a", {"a:5672"}},
      {"amqp://u:p@x;w@a", {"a:5672"}},
      {"amqp://u:p;w@a;amqp://u:p;w@b", {"a:5672", "b:5672"}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.urls);
    std::vector<std::string> names;
    for (const AmqpEndpoint& endpoint : ParseAmqpUrls(c.urls)) names.push_back(endpoint.Name());
    CHECK(names == c.names);
  }
  CHECK(ParseAmqpUrls("amqp://u:p;w@a;amqp://b").front().password.Reveal() == "p;w");
}

TEST_CASE("a wrong RabbitMQ URL is refused without a word of its password") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"hunter2", "must begin with amqp://"},
      {"http://u:hunter2@h", "must begin with amqp://"},
      {"AMQP://u:hunter2@h", "must begin with amqp://"},
      {"amqp:/u:hunter2@h", "must begin with amqp://"},
      {"amqp://u:hunter2@h:0", "port"},
      {"amqp://u:hunter2@h:65536", "port"},
      {"amqp://u:hunter2@h:-1", "port"},
      {"amqp://u:hunter2@h:5672x", "port"},
      {"amqp://u:hunter2@[::1", "bracket"},
      {"amqp://u:hunter2%zz@h", "%"},
      {"amqp://u:hunter2@h/jobs;http://u:hunter2@h2/jobs", "must begin with amqp://"},
      {"amqp://u:hunter2@h;amqp://u:hunter2@h2:0", "port"},
      {"amqp://5672/hunter2@h/jobs", "%2F"},
      {"amqp://u:hunter2@h/%4", "%"},
      {"amqp://u:hunter2@h/" + std::string(256, 'v'), "255 bytes"},
  };
  for (const auto& [url, rule] : cases) {
    CAPTURE_BOUND(url);
    try {
      ParseAmqpUrls(url);
      FAIL("taken");
    } catch (const std::invalid_argument& error) {
      const std::string text = error.what();
      CHECK(text.find(rule) != std::string::npos);
      CHECK(text.find("hunter2") == std::string::npos);
    }
  }
}

}  // namespace collectors
