#include "exporter/http/http_unsent.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace exporter {
namespace {

// Two ends of a connection, the first of which buffers little.
class Pair {
 public:
  Pair() {
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()) == 0);
    const int little = 4096;
    REQUIRE(::setsockopt(ends_[0], SOL_SOCKET, SO_SNDBUF, &little, sizeof little) == 0);
  }
  ~Pair() {
    ::close(ends_[0]);
    HangUp();
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  int fd() const { return ends_[0]; }
  // What has come so far.
  std::string Take() const {
    std::array<char, 65536> chunk;
    const ssize_t got = ::recv(ends_[1], chunk.data(), chunk.size(), MSG_DONTWAIT);
    return {chunk.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
  }
  void HangUp() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  std::array<int, 2> ends_{};
};

// A page of more pieces than a system call takes, of many sizes, with empty ones.
std::vector<std::string_view> Pieces(const std::string& text) {
  std::vector<std::string_view> pieces;
  std::size_t at = 0;
  for (std::size_t i = 0; at < text.size(); ++i) {
    pieces.push_back(std::string_view(text).substr(at, i % 7 == 0 ? 0 : (i * 37) % 1500));
    at += pieces.back().size();
  }
  return pieces;
}

std::string Letters(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * i) % 26);
  return text;
}

}  // namespace

TEST_CASE("an answer of many pieces arrives whole, however little is sent at a time") {
  const auto page = std::make_shared<const std::string>(Letters(600'000));
  REQUIRE(Pieces(*page).size() > 600);
  for (const std::size_t most : {1UL << 30, 65536UL, 1000UL, 41UL}) {
    for (const char* head : {"HTTP/1.1 200 OK\r\n\r\n", ""}) {
      CAPTURE(most);
      const Pair pair;
      HttpUnsent answer(head, Pieces(*page), page);
      std::string received;
      while (!answer.all_sent()) {
        const std::size_t before = answer.sent();
        REQUIRE(answer.SendTo(pair.fd(), most));
        REQUIRE(answer.sent() - before <= most);
        received += pair.Take();
        REQUIRE(received.size() <= answer.sent());
      }
      while (received.size() < answer.size()) received += pair.Take();
      CHECK(received == head + *page);
      CHECK(answer.size() == received.size());
    }
  }
}

TEST_CASE("an answer holds its owner until the last byte is sent, and no longer") {
  const Pair pair;
  auto page = std::make_shared<const std::string>(Letters(100'000));
  const std::weak_ptr<const std::string> alive = page;
  HttpUnsent answer("head", {*page}, page);
  page.reset();
  while (!answer.all_sent()) {
    REQUIRE_FALSE(alive.expired());
    REQUIRE(answer.SendTo(pair.fd(), 10'000));
    pair.Take();
  }
  CHECK(alive.expired());
}

TEST_CASE("a client that does not read is no error, and one that has gone is") {
  Pair pair;
  const std::string page = Letters(1'000'000);
  HttpUnsent answer("head", {page}, nullptr);
  CHECK(answer.SendTo(pair.fd(), page.size()));
  CHECK(answer.SendTo(pair.fd(), page.size()));
  CHECK_FALSE(answer.all_sent());
  pair.HangUp();
  CHECK_FALSE(answer.SendTo(pair.fd(), page.size()));
  CHECK((errno == EPIPE || errno == ECONNRESET));
}

TEST_CASE("an answer of nothing but a head is sent") {
  const Pair pair;
  HttpUnsent answer("head", {"", ""}, nullptr);
  CHECK_FALSE(answer.all_sent());
  CHECK(answer.SendTo(pair.fd(), 100));
  CHECK(answer.all_sent());
  CHECK(pair.Take() == "head");
  CHECK(HttpUnsent().all_sent());
}

}  // namespace exporter
