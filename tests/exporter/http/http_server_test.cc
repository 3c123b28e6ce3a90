#include "exporter/http/http_server.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdio>
#include <deque>
#include <fstream>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "tests/support/raw_client.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// A server of three paths on a free port.
class Served {
 public:
  Served()
      : server_(
            {{"/small", "small", [](const HttpRequest&) { return HttpAnswer::Text("hello\n"); }},
             {"/large", "large",
              [](const HttpRequest&) { return HttpAnswer::Text(std::string(8'000'000, 'x')); }},
             {"/pieces", "pieces", Pieces},
             {"/fault", "fault",
              [](const HttpRequest&) -> HttpAnswer { throw std::runtime_error("secret"); }},
             {"/asked", "asked",
              [](const HttpRequest& request) {
                return HttpAnswer::Text(request.accept + "|" + request.accept_encoding);
              }},
             {"/huge", "huge", Huge}},
            {[this](std::string_view handler, int code, double) {
               const std::scoped_lock lock(mutex_);
               seen_.insert(std::string(handler) + " " + std::to_string(code));
             },
             [this](std::string_view reason) {
               const std::scoped_lock lock(mutex_);
               seen_.insert("cut " + std::string(reason));
             },
             [](std::string_view) {}, [](const std::string&) {}}),
        port_(server_.Start({{"127.0.0.1", 0}}).at(0)) {}

  std::string Ask(std::string_view request) const {
    const RawClient client(port_);
    client.Send(request);
    return client.Receive();
  }
  bool Saw(const std::string& what) {
    const std::scoped_lock lock(mutex_);
    return seen_.contains(what);
  }
  int port() const { return port_; }
  HttpServer& server() { return server_; }

 private:
  static HttpAnswer Pieces(const HttpRequest& request) {
    HttpAnswer answer;
    const auto encoding = std::make_shared<const std::string>(
        request.accept_encoding.empty() ? "plain" : request.accept_encoding);
    answer.pieces = {"one ", "", "two ", *encoding};
    answer.owner = encoding;
    if (*encoding == "gzip") answer.content_encoding = "gzip";
    for (const auto& [name, value] : request.parameters)
      if (name == "collector" && value == "a b") answer.pieces.push_back(" narrowed");
    return answer;
  }

  // 64 MiB, which all answers share.
  static HttpAnswer Huge(const HttpRequest&) {
    static const std::string kPart(1 << 20, 'x');
    HttpAnswer answer;
    answer.pieces.assign(64, kPart);
    return answer;
  }

  std::mutex mutex_;
  std::multiset<std::string> seen_;
  HttpServer server_;
  int port_;
};

std::string Body(const std::string& response) {
  const std::size_t end = response.find("\r\n\r\n");
  return end == std::string::npos ? "" : response.substr(end + 4);
}

double ResidentMiB() {
  std::ifstream statm("/proc/self/statm");
  double pages = 0;
  statm >> pages >> pages;
  return pages * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

// What the system holds that connections of this local port have sent and nobody acknowledged.
double HeldMiB(int port) {
  std::ifstream table("/proc/net/tcp");
  std::string line;
  std::getline(table, line);
  double bytes = 0;
  while (std::getline(table, line)) {
    unsigned local = 0;
    unsigned queued = 0;
    // Address and port, and the bytes to send, in hexadecimal: proc_net_tcp in Linux's documents.
    REQUIRE(std::sscanf(line.c_str(), " %*u: %*x:%x %*x:%*x %*x %x:", &local, &queued) == 2);
    if (local == static_cast<unsigned>(port)) bytes += queued;
  }
  return bytes / (1 << 20);
}

constexpr std::string_view kGetSmall =
    "GET /small HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

}  // namespace

TEST_CASE("requests are answered by path and method") {
  Served served;
  struct {
    const char* request;
    const char* status;
    const char* body;
  } const cases[] = {
      {"GET /small HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 200", "hello\n"},
      {"GET /small?collector=x HTTP/1.0\r\n\r\n", "HTTP/1.1 200", "hello\n"},
      {"HEAD /small HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 200", ""},
      {"GET /none HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 404", "not found\n"},
      {"POST /small HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.1 405",
       "only GET and HEAD\n"},
      {"PUT /small HTTP/1.1\r\nContent-Length: 9\r\n\r\n", "HTTP/1.1 405", "only GET and HEAD\n"},
      {"GET /fault HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 500", "internal error\n"},
      {"GET /pieces?collector=a%20b HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 200",
       "one two plain narrowed"},
      {"GET /pieces HTTP/1.1\r\nAccept-Encoding: br, gzip;q=0.5\r\nConnection: close\r\n\r\n",
       "HTTP/1.1 200", "one two br, gzip;q=0.5"},
      {"GET /pieces HTTP/1.1\r\nAccept-Encoding: gzip;q=0, *\r\nConnection: close\r\n\r\n",
       "HTTP/1.1 200", "one two gzip;q=0, *"},
      {"GET /pieces HTTP/1.1\r\nRange: bytes=2-5\r\nConnection: close\r\n\r\n", "HTTP/1.1 200",
       "one two plain"},
      {"GET http://h:1/small HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "HTTP/1.1 200",
       "hello\n"},
      {"GET HTTPS://h/small?collector=x HTTP/1.0\r\n\r\n", "HTTP/1.1 200", "hello\n"},
      {"GET http://h?/small HTTP/1.0\r\n\r\n", "HTTP/1.1 404", "not found\n"},
      {"GET http://h HTTP/1.0\r\n\r\n", "HTTP/1.1 404", "not found\n"},
      {"GET ftp://h/small HTTP/1.0\r\n\r\n", "HTTP/1.1 404", "not found\n"},
      {"\r\n\r\nGET /small HTTP/1.0\r\n\r\n", "HTTP/1.1 200", "hello\n"},
      {"nonsense\r\n\r\n", "HTTP/1.1 400", ""},
      {"GET /small HTTP/1.1\r\nContent-Length : 5\r\n\r\nhello", "HTTP/1.1 400", ""},
      {"GET /small HTTP/1.1\r\nA: b\r\n c\r\n\r\n", "HTTP/1.1 400", ""},
  };
  for (const auto& c : cases) {
    CAPTURE(c.request);
    const std::string response = served.Ask(c.request);
    CHECK(response.substr(0, 12) == c.status);
    CHECK(Body(response) == c.body);
  }
  CHECK(served.Saw("small 405"));
  CHECK(served.Saw("other 404"));
  CHECK(served.Saw("fault 500"));
}

TEST_CASE("a connection serves one request after another, sent apart or together") {
  Served served;
  const RawClient client(served.port());
  const std::string_view request = "GET /small HTTP/1.1\r\n\r\n";
  client.Send(request);
  REQUIRE(client.Receive("hello\n").starts_with("HTTP/1.1 200"));
  client.Send(request);
  REQUIRE(client.Receive("hello\n").starts_with("HTTP/1.1 200"));
  client.Send(std::string(request) + std::string(kGetSmall));
  const std::string both = client.Receive();
  CHECK(both.find("hello\n") != both.rfind("hello\n"));
}

TEST_CASE("requests sent together are all answered, though the client sends no more") {
  Served served;
  const RawClient client(served.port());
  std::string requests;
  for (int i = 0; i < 500; ++i) requests += "GET /small HTTP/1.1\r\n\r\n";
  client.Send(requests);
  client.SendNoMore();
  const std::string answers = client.Receive();
  std::size_t count = 0;
  for (std::size_t at = answers.find("hello\n"); at != std::string::npos;
       at = answers.find("hello\n", at + 1))
    ++count;
  CHECK(count == 500);
}

TEST_CASE("empty lines between the requests of a connection are passed over") {
  Served served;
  const RawClient client(served.port());
  client.Send("\r\nGET /small HTTP/1.1\r\n\r\n\r\n");
  CHECK(client.Receive("hello\n").starts_with("HTTP/1.1 200"));
  client.Send("\r\n\r\n" + std::string(kGetSmall));
  CHECK(Body(client.Receive()) == "hello\n");
}

TEST_CASE("a request whose bytes come one by one is answered") {
  Served served;
  const RawClient client(served.port());
  for (const char byte : kGetSmall) client.Send({&byte, 1});
  CHECK(Body(client.Receive()) == "hello\n");
}

TEST_CASE("silent, half-spoken and unread connections do not keep a request waiting") {
  Served served;
  std::deque<RawClient> silent;
  for (int i = 0; i < 200; ++i) silent.emplace_back(served.port());
  std::deque<RawClient> slow;
  for (int i = 0; i < 200; ++i) slow.emplace_back(served.port()).Send("GET /small HTT");
  std::deque<RawClient> unread;
  for (int i = 0; i < 20; ++i)
    unread.emplace_back(served.port()).Send("GET /large HTTP/1.1\r\n\r\n");
  const auto start = steady_clock::now();
  CHECK(Body(served.Ask(kGetSmall)) == "hello\n");
  // A worker that waited for one of them would wait for its time-out.
  CHECK(steady_clock::now() - start < 8s);
}

TEST_CASE("an answer larger than the socket's buffer arrives whole") {
  Served served;
  const RawClient client(served.port());
  client.Send("GET /large HTTP/1.1\r\nConnection: close\r\n\r\n");
  CHECK(Body(served.Ask(kGetSmall)) == "hello\n");  // While the large one waits for its reader.
  CHECK(Body(client.Receive()) == std::string(8'000'000, 'x'));
}

TEST_CASE("a request's own words for what it accepts are passed on, repeated fields joined") {
  Served served;
  CHECK(Body(served.Ask("GET /asked HTTP/1.0\r\nAccept: a;q=0.5\r\naccept-encoding: gzip\r\n"
                        "ACCEPT: b, c\r\nAccept-Encoding: zstd;q=0\r\n\r\n")) ==
        "a;q=0.5, b, c|gzip, zstd;q=0");
  CHECK(Body(served.Ask("GET /asked HTTP/1.0\r\n\r\n")) == "|");
  CHECK(Body(served.Ask("GET /pieces HTTP/1.0\r\nAccept-Encoding: br\r\n"
                        "Accept-Encoding: gzip\r\n\r\n")) == "one two br, gzip");
}

TEST_CASE("a head says how long the body is and how it is packed, to HEAD as to GET") {
  Served served;
  const std::string get = served.Ask("GET /pieces HTTP/1.1\r\nConnection: close\r\n\r\n");
  CHECK(get.find("\r\nContent-Length: 13\r\n") != std::string::npos);
  CHECK(get.find("\r\nContent-Type: text/plain; charset=utf-8\r\n") != std::string::npos);
  CHECK(get.find("Content-Encoding") == std::string::npos);
  const std::string head =
      served.Ask("HEAD /pieces HTTP/1.1\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n");
  CHECK(head.find("\r\nContent-Length: 12\r\n") != std::string::npos);
  CHECK(head.find("\r\nContent-Encoding: gzip\r\n") != std::string::npos);
  CHECK(head.find("Content-Length") == head.rfind("Content-Length"));
}

TEST_CASE("a page that clients do not read is not copied for each of them") {
  Served served;
  REQUIRE(Body(served.Ask("GET /huge HTTP/1.0\r\n\r\n")).size() == 64 << 20);
  const double before = ResidentMiB();
  std::deque<RawClient> unread;
  for (int i = 0; i < 50; ++i)
    unread.emplace_back(served.port()).Send("GET /huge HTTP/1.1\r\n\r\n");
  for (const RawClient& client : unread) REQUIRE(client.ReceiveSome(1) == 1);
  CHECK(ResidentMiB() - before < 64);  // 3,200 MiB if each had a copy.
  // Unasked it would take 4 MiB for each.
  const double held = HeldMiB(served.port());
  CHECK(held > 2);
  CHECK(held < 64);
}

TEST_CASE("an answer counts as given when its last byte is, and as cut if it never is") {
  Served served;
  {
    const RawClient gone(served.port(), 4096);
    gone.Send("GET /huge HTTP/1.1\r\n\r\n");
    REQUIRE(gone.ReceiveSome(1000) > 0);
  }
  const auto start = steady_clock::now();
  while (!served.Saw("cut client") && steady_clock::now() - start < 20s) std::this_thread::yield();
  CHECK(served.Saw("cut client"));
  CHECK_FALSE(served.Saw("huge 200"));
  const RawClient whole(served.port());
  whole.Send("GET /large HTTP/1.1\r\n\r\n");
  REQUIRE(whole.ReceiveSome(1) == 1);
  CHECK_FALSE(served.Saw("large 200"));  // No socket holds 8 MB.
  std::size_t received = 1;
  while (received < 8'000'000) received += whole.ReceiveSome(65536);
  const auto taken = steady_clock::now();
  while (!served.Saw("large 200") && steady_clock::now() - taken < 20s) std::this_thread::yield();
  CHECK(served.Saw("large 200"));
}

TEST_CASE("a head that is too long, or holds a hostile range, is refused") {
  Served served;
  CHECK(served.Ask("GET /small HTTP/1.1\r\nA: " + std::string(9000, 'a') + "\r\n\r\n")
            .starts_with("HTTP/1.1 431"));
  std::string ranges = "bytes=0-0";
  while (ranges.size() < 7000) ranges += ",0-0";
  const std::string answer =
      served.Ask("GET /small HTTP/1.1\r\nRange: " + ranges + "\r\nConnection: close\r\n\r\n");
  CHECK(answer.starts_with("HTTP/1.1 "));
  CHECK(answer.size() < 1'000'000);
  CHECK(Body(served.Ask(kGetSmall)) == "hello\n");
}

TEST_CASE("a stop ends every connection at once") {
  Served served;
  const RawClient idle(served.port());
  const RawClient half(served.port());
  half.Send("GET /sm");
  const RawClient unread(served.port());
  unread.Send("GET /large HTTP/1.1\r\n\r\n");
  const auto start = steady_clock::now();
  CHECK(served.server().Stop(5s));
  CHECK(steady_clock::now() - start < 500ms);
}

TEST_CASE("a port in use is an error that names it") {
  Served served;
  HttpServer second({}, {});
  const std::string address = "127.0.0.1:" + std::to_string(served.port());
  CHECK_THROWS_WITH_AS(second.Start({{"127.0.0.1", served.port()}}),
                       ("cannot listen on " + address + ": Address already in use").c_str(),
                       std::runtime_error);
}

}  // namespace exporter
