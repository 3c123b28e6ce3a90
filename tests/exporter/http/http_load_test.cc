// The HTTP server when it is short of something: connections that cannot be
// accepted, workers that are all busy, time to stop.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <deque>
#include <optional>
#include <thread>

#include "exporter/http/http_server.h"
#include "tests/support/raw_client.h"
#include "tests/support/tally.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

std::string Get(std::string_view path) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nConnection: close\r\n\r\n";
}

// A server of a page that is not answered before it is let through, and of a
// path that is answered at once.
class BusyServer {
 public:
  explicit BusyServer(AcceptCall accept = AcceptConnection)
      : server_({{"/page", "page", [this](const HttpRequest&) { return Page(); }},
                 {"/healthy", "healthy",
                  [](const HttpRequest&) { return HttpAnswer::Text("healthy\n"); }, true}},
                {[](std::string_view, int, double) {}, [](std::string_view) {},
                 [this](std::string_view) { not_accepted.Add(); },
                 [this](const std::string& reason) {
                   broken_by = reason;
                   broken.Add();
                 }},
                std::move(accept)),
        port_(server_.Start({{"127.0.0.1", 0}, {"127.0.0.1", 0}}).at(0)) {}
  ~BusyServer() { LetThrough(); }

  void LetThrough() { through_.Add(); }
  std::string Ask(std::string_view path) const {
    const RawClient client(port_);
    client.Send(Get(path));
    return client.Receive();
  }
  int port() const { return port_; }
  HttpServer& server() { return server_; }

  Tally pages_begun;
  Tally not_accepted;
  Tally broken;
  std::string broken_by;  // Once `broken` has counted it.

 private:
  HttpAnswer Page() {
    pages_begun.Add();
    through_.Reaches(1);
    return HttpAnswer::Text("page\n");
  }

  Tally through_;
  HttpServer server_;
  int port_;
};

// As many clients as there are workers, whose pages are being answered.
void KeepWorkersBusy(BusyServer& busy, std::deque<RawClient>& clients) {
  for (int i = 0; i < 4; ++i) clients.emplace_back(busy.port()).Send(Get("/page"));
  REQUIRE(busy.pages_begun.Reaches(4));
}

// Fails `times` calls with `error`, then accepts.
AcceptCall FailsFirst(int error, int times) {
  return [error, left = std::make_shared<std::atomic<int>>(times)](int fd) {
    if (left->fetch_sub(1) <= 0) return AcceptConnection(fd);
    errno = error;
    return -1;
  };
}

}  // namespace

TEST_CASE("clients are answered after any error of accept, at the start and in bursts") {
  for (const int error : {ENFILE, EMFILE, ECONNABORTED, EPROTO, ENOBUFS, ENOMEM, EPERM, ENETDOWN,
                          EHOSTUNREACH, EAGAIN, EINTR}) {
    CAPTURE(error);
    for (const int times : {1, 9}) {
      BusyServer busy(FailsFirst(error, times));
      CHECK(busy.Ask("/healthy").ends_with("healthy\n"));
      CHECK(busy.Ask("/healthy").ends_with("healthy\n"));
      CHECK(busy.not_accepted.count() == (error == EAGAIN || error == EINTR ? 0 : times));
      CHECK(busy.broken.count() == 0);
    }
  }
}

TEST_CASE("an accept that always fails is called ten times a second and not more") {
  BusyServer busy([](int) {
    errno = EMFILE;
    return -1;
  });
  const RawClient client(busy.port());
  const auto start = steady_clock::now();
  REQUIRE(busy.not_accepted.Reaches(12));
  // 1, 2, 4, 8, 16, 32, 64 and four times 100 ms; none of it is less on a slow machine.
  CHECK(steady_clock::now() - start >= 500ms);
}

TEST_CASE("a connection that was accepted is served while no other can be") {
  std::atomic<bool> exhausted = false;
  BusyServer busy([&exhausted](int fd) {
    if (!exhausted) return AcceptConnection(fd);
    errno = ENFILE;
    return -1;
  });
  const RawClient first(busy.port());
  first.Send("GET /healthy HTTP/1.1\r\n\r\n");
  REQUIRE(first.Receive("healthy\n").starts_with("HTTP/1.1 200"));
  exhausted = true;
  const RawClient second(busy.port());
  second.Send(Get("/healthy"));
  REQUIRE(busy.not_accepted.Reaches(3));
  first.Send("GET /healthy HTTP/1.1\r\n\r\n");
  CHECK(first.Receive("healthy\n").starts_with("HTTP/1.1 200"));
  exhausted = false;
  CHECK(second.Receive().ends_with("healthy\n"));
}

TEST_CASE("the longest waiting connection gives way when there is no descriptor left") {
  std::atomic<bool> exhausted = false;
  BusyServer busy([&exhausted](int fd) {
    if (!exhausted.exchange(false)) return AcceptConnection(fd);
    errno = EMFILE;
    return -1;
  });
  std::deque<RawClient> idle;
  for (int i = 0; i < 2; ++i) {
    idle.emplace_back(busy.port()).Send("GET /healthy HTTP/1.1\r\n\r\n");
    REQUIRE(idle.back().Receive("healthy\n").starts_with("HTTP/1.1 200"));
  }
  exhausted = true;
  CHECK(busy.Ask("/healthy").ends_with("healthy\n"));
  CHECK(busy.not_accepted.count() == 1);
  CHECK(idle.front().Receive().empty());
  idle.back().Send(Get("/healthy"));
  CHECK(idle.back().Receive().ends_with("healthy\n"));
}

TEST_CASE("a listening socket that is broken is told once, with the reason") {
  BusyServer busy(FailsFirst(EBADF, 1));
  const RawClient client(busy.port());
  REQUIRE(busy.broken.Reaches(1));
  CHECK(busy.broken_by == "no connection can be accepted on port " + std::to_string(busy.port()) +
                              " any more: Bad file descriptor");
  CHECK(busy.server().Stop(5s));
  CHECK(busy.broken.count() == 1);
}

TEST_CASE("what is answered at once does not wait for workers that are all busy") {
  BusyServer busy;
  std::deque<RawClient> clients;
  KeepWorkersBusy(busy, clients);
  for (int i = 0; i < 100; ++i) clients.emplace_back(busy.port()).Send(Get("/page"));
  for (const char* path : {"/healthy", "/healthy?probe=kubelet"})
    CHECK(busy.Ask(path).ends_with("healthy\n"));
  CHECK(busy.pages_begun.count() == 4);
  busy.LetThrough();
  for (const RawClient& client : clients) CHECK(client.Receive().ends_with("page\n"));
}

TEST_CASE("more requests than may wait are refused, and what is answered at once is not") {
  BusyServer busy;
  std::deque<RawClient> clients;
  KeepWorkersBusy(busy, clients);
  // As many as there may be connections, so that some are too many.
  for (int i = 0; i < 1024; ++i) clients.emplace_back(busy.port()).Send(Get("/page"));
  CHECK(clients.back().Receive().starts_with("HTTP/1.1 503"));
  CHECK(busy.Ask("/healthy").ends_with("healthy\n"));
  busy.LetThrough();
  CHECK(clients.front().Receive().ends_with("page\n"));
}

TEST_CASE("a stop drops what waits and does not wait for what is stuck") {
  BusyServer busy;
  std::deque<RawClient> clients;
  KeepWorkersBusy(busy, clients);
  for (int i = 0; i < 200; ++i) clients.emplace_back(busy.port()).Send(Get("/page"));
  CHECK(busy.Ask("/healthy").ends_with("healthy\n"));  // So those before it are queued.
  const auto start = steady_clock::now();
  CHECK_FALSE(busy.server().Stop(50ms));
  CHECK(steady_clock::now() - start < 5s);
  CHECK(clients.back().Receive().empty());
  busy.LetThrough();
  CHECK(busy.server().Stop(20s));
  CHECK(busy.pages_begun.count() == 4);
}

TEST_CASE("a stop lets what is being answered end") {
  BusyServer busy;
  std::deque<RawClient> clients;
  KeepWorkersBusy(busy, clients);
  std::optional<bool> ended;
  {
    const std::jthread stopping([&] { ended = busy.server().Stop(20s); });
    busy.LetThrough();
  }
  CHECK(ended == true);
  for (const RawClient& client : clients) CHECK(client.Receive().ends_with("page\n"));
}

TEST_CASE("a connection whose descriptor is above 1023 is answered") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  REQUIRE(before.rlim_max > 2048);
  rlimit raised = before;
  raised.rlim_cur = std::max<rlim_t>(before.rlim_cur, 2048);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &raised) == 0);
  {
    BusyServer busy([](int fd) {
      const int low = AcceptConnection(fd);
      if (low < 0) return low;
      const int high = ::fcntl(low, F_DUPFD_CLOEXEC, 1500);
      ::close(low);
      return high;
    });
    busy.LetThrough();
    CHECK(busy.Ask("/page").ends_with("page\n"));
  }
  CHECK(::setrlimit(RLIMIT_NOFILE, &before) == 0);
}

}  // namespace exporter
