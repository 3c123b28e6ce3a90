#include "collectors/clients/http/http_endpoint.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "collectors/clients/net/url_parts.h"
#include "tests/support/capture.h"

namespace collectors {

TEST_CASE("an HTTP URL leads to a host, a port, a user and a path") {
  struct Case {
    const char* url;
    const char* address;
    const char* user;
    const char* password;
    const char* path;
    bool tls;
  };
  const Case cases[] = {
      {"http://h", "h:80", "", "", "", false},
      {"https://h", "h:443", "", "", "", true},
      {"http://h:15672/", "h:15672", "", "", "", false},
      {"http://u:p@h:15672/a/b/", "h:15672", "u", "p", "/a/b", false},
      {"http://u:p%40%2F:@h", "h:80", "u", "p@/:", "", false},
      {"http://u:a@b@h", "h:80", "u", "a@b", "", false},
      {"https://u@[::1]:15671/%2F", "[::1]:15671", "u", "", "/%2F", true},
      {"http://:15672", "localhost:15672", "", "", "", false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.url);
    const HttpEndpoint endpoint = ParseHttpUrl(c.url);
    CHECK(endpoint.Name() == c.address);
    CHECK(endpoint.user == c.user);
    CHECK(endpoint.password.Reveal() == c.password);
    CHECK(endpoint.path == c.path);
    CHECK(endpoint.tls == c.tls);
  }
}

TEST_CASE("what is no HTTP URL is refused without a word of it") {
  const std::pair<const char*, const char*> cases[] = {
      {"", "http://"},
      {"HTTP://h", "http://"},
      {"amqp://u:hunter2@h", "http://"},
      {"http://u:hunter2@h:0", "port"},
      {"http://u:hunter2@h:65536", "port"},
      {"http://u:hunter2@[::1", "bracket"},
      {"http://u:hunter2%@h", "hexadecimal"},
      {"http://h/a?hunter2", "no ?"},
      {"http://h/a#hunter2", "no ?"},
      {"http://h/hunter2 HTTP/1.1\r\nX: y", "percent-encoded"},
      {"http://h/hunter2\xc3\xa4", "percent-encoded"},
  };
  for (const auto& [url, expected] : cases) {
    CAPTURE_BOUND(url);
    try {
      ParseHttpUrl(url);
      FAIL("taken");
    } catch (const std::invalid_argument& error) {
      const std::string text = error.what();
      CHECK(text.find(expected) != std::string::npos);
      CHECK(text.find("hunter2") == std::string::npos);
    }
  }
}

TEST_CASE("what is encoded for a path comes out of it as it was") {
  CHECK(PercentEncoded("/") == "%2F");
  CHECK(PercentEncoded("a-b._~9Z") == "a-b._~9Z");
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  const std::string encoded = PercentEncoded(all);
  CHECK(encoded.find_first_of("/?# \r\n&=+") == std::string::npos);
  CHECK(PercentDecoded(encoded) == all);
}

}  // namespace collectors
