#include "collectors/clients/http/http_reader.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "exporter/seam/collector.h"
#include "tests/support/capture.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;

const std::string kOk = "HTTP/1.1 200 OK\r\n";

HttpReply ReadAll(const std::string& bytes, std::size_t piece) {
  HttpReader reader(1000);
  bool whole = false;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    REQUIRE_FALSE(whole);
    whole = reader.Feed(std::string_view(bytes).substr(at, piece));
  }
  REQUIRE(whole);
  return std::move(reader).Take();
}

}  // namespace

TEST_CASE("an answer is the same however its bytes come") {
  struct Case {
    std::string bytes;
    int status;
    const char* body;
    bool is_last;
  };
  const Case cases[] = {
      {kOk + "Content-Length: 2\r\n\r\nab", 200, "ab", false},
      {kOk + "content-length:2 \r\ncontent-length: 2\r\n\r\nab", 200, "ab", false},
      {kOk + "Content-Length: 0\r\n\r\n", 200, "", false},
      {"HTTP/1.1 200\nContent-Length: 1\n\na", 200, "a", false},
      {kOk + "Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n", 200,
       "abc0123456789", false},
      {kOk + "transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nTrailer: x\r\n\r\n", 200, "a",
       false},
      {kOk + "Connection: Close\r\ncontent-length: 1\r\n\r\na", 200, "a", true},
      {"HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\na", 200, "a", true},
      {"HTTP/1.1 100 Continue\r\n\r\n" + kOk + "content-length: 1\r\n\r\na", 200, "a", false},
      {"HTTP/1.1 401 Unauthorized\r\ncontent-length: 3\r\n\r\nno!", 401, "no!", false},
      {"HTTP/1.1 204 No Content\r\n\r\n", 204, "", false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.bytes);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, c.bytes.size()}) {
      const HttpReply reply = ReadAll(c.bytes, piece);
      CHECK(reply.status == c.status);
      CHECK(reply.body == c.body);
      CHECK(reply.is_last == c.is_last);
    }
  }
}

TEST_CASE("what is no answer, or too much of one, is refused by its kind") {
  const std::pair<std::string, ErrorKind> cases[] = {
      {"+OK\r\n", ErrorKind::kProtocol},
      {"HTTP/2 200\r\n", ErrorKind::kProtocol},
      {"HTTP/1.1 2000 OK\r\n", ErrorKind::kProtocol},
      {"HTTP/1.1 -20 OK\r\n", ErrorKind::kProtocol},
      {"HTTP/1.1 099 OK\r\n", ErrorKind::kProtocol},
      {kOk + "\r\n", ErrorKind::kProtocol},
      {kOk + "no colon\r\n\r\n", ErrorKind::kProtocol},
      {kOk + "content-length: -1\r\n\r\n", ErrorKind::kProtocol},
      {kOk + "content-length: 1x\r\n\r\n", ErrorKind::kProtocol},
      {kOk + "content-length: 99999999999999999999999\r\n\r\n", ErrorKind::kProtocol},
      {kOk + "content-length: 1\r\ncontent-length: 2\r\n\r\n", ErrorKind::kProtocol},
      {kOk + "content-length: 1\r\n\r\nab", ErrorKind::kProtocol},
      {kOk + "content-length: 1001\r\n\r\n", ErrorKind::kLimit},
      {kOk + "content-encoding: gzip\r\ncontent-length: 1\r\n\r\n", ErrorKind::kProtocol},
      {kOk + "transfer-encoding: gzip, chunked\r\n\r\n", ErrorKind::kProtocol},
      {kOk + "transfer-encoding: chunked\r\n\r\nx\r\n", ErrorKind::kProtocol},
      {kOk + "transfer-encoding: chunked\r\n\r\n-1\r\n", ErrorKind::kProtocol},
      {kOk + "transfer-encoding: chunked\r\n\r\n1\r\nabc\r\n", ErrorKind::kProtocol},
      {kOk + "transfer-encoding: chunked\r\n\r\n3e9\r\n", ErrorKind::kLimit},
      {kOk + "transfer-encoding: chunked\r\n\r\n1\r\na\r\n3e8\r\n", ErrorKind::kLimit},
      {kOk + "transfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n", ErrorKind::kLimit},
      {kOk + "a: " + std::string(70000, 'x'), ErrorKind::kLimit},
      {std::string(70000, 'x'), ErrorKind::kLimit},
  };
  for (const auto& [bytes, kind] : cases) {
    const std::string begin = bytes.substr(0, 100);
    CAPTURE(begin);
    try {
      HttpReader(1000).Feed(bytes);
      FAIL("taken");
    } catch (const CollectError& error) {
      CHECK(Name(error.kind()) == Name(kind));
    }
  }
}

TEST_CASE("interim answers, headers, chunks and trailers without end are cut off") {
  const std::pair<std::string, std::string> cases[] = {
      {"", "HTTP/1.1 100 Continue\r\n\r\n"},
      {kOk, "a: b\r\n"},
      {kOk + "transfer-encoding: chunked\r\n\r\n0\r\n", "a: b\r\n"},
      {kOk + "transfer-encoding: chunked\r\n\r\n", "000000000000000000000000001;x\r\na\r\n"},
  };
  for (const auto& [start, more] : cases) {
    CAPTURE_BOUND(more);
    HttpReader reader(std::size_t{1} << 20);
    reader.Feed(start);
    const auto feed_on = [&reader, &text = more] {
      for (int i = 0; i < 100000; ++i) reader.Feed(text);
    };
    CHECK_THROWS_AS(feed_on(), CollectError);
  }
}

}  // namespace collectors
