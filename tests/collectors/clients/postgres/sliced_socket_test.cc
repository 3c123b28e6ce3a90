#include "collectors/clients/postgres/sliced_socket.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

namespace collectors {
namespace {

// The descriptor of a library that reads all there is, and the server that it is connected to.
class Connected {
 public:
  Connected() {
    std::array<int, 2> pair = {-1, -1};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair.data()) == 0);
    library = pair[0];
    server = pair[1];
  }
  ~Connected() {
    ::close(library);
    if (server >= 0) ::close(server);
  }
  Connected(const Connected&) = delete;
  Connected& operator=(const Connected&) = delete;

  void EndServer() {
    ::close(server);
    server = -1;
  }

  int library = -1;
  int server = -1;
};

// Returns all that can be read now. Sets `is_over` if the end of the stream follows.
std::string ReadAll(int fd, bool& is_over) {
  std::string all;
  std::array<char, 4096> buffer;
  ssize_t got = 0;
  while ((got = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT)) > 0) {
    all.append(buffer.data(), static_cast<std::size_t>(got));
  }
  is_over = got == 0;
  return all;
}

// Sends as much as there is room for.
std::size_t Fill(int fd, const std::string& text) {
  const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

}  // namespace

TEST_CASE("a library that reads all there is gets a slice, however much the server sends") {
  Connected pair;
  SlicedSocket socket(pair.library);
  std::string sent;
  std::string read;
  for (int n = 0; n < 100; ++n) {
    const std::string text(100'000, static_cast<char>('a' + n % 26));
    sent += text.substr(0, Fill(pair.server, text));
    const std::size_t slice = socket.PassIn();
    CHECK(slice <= SlicedSocket::kSliceBytes);
    CHECK(socket.PassIn() == 0);  // The last slice is not read yet.
    bool is_over = false;
    std::string piece = ReadAll(pair.library, is_over);
    while (socket.HasUnread()) {  // If the pair has less room than a slice.
      CHECK(socket.PassIn() == 0);
      piece += ReadAll(pair.library, is_over);
    }
    CHECK(piece.size() == slice);
    CHECK_FALSE(is_over);
    read += piece;
  }
  CHECK(read.size() > 10 * SlicedSocket::kSliceBytes);
  CHECK(sent.starts_with(read));
}

TEST_CASE("what the library writes is sent, also where the server reads it late") {
  Connected pair;
  SlicedSocket socket(pair.library);
  std::string written;
  while (written.size() < 10'000'000) {
    const std::string text(50'000, static_cast<char>('a' + written.size() / 50'000 % 26));
    written += text.substr(0, Fill(pair.library, text));
    if (!socket.PassOut()) break;
  }
  CHECK(written.size() < 10'000'000);  // The server's buffer is full.
  std::string read;
  bool is_over = false;
  while (!socket.PassOut()) read += ReadAll(pair.server, is_over);
  read += ReadAll(pair.server, is_over);
  CHECK(read == written);
  CHECK_FALSE(is_over);
}

TEST_CASE("the library reads what a server said before it went, and then the end") {
  Connected pair;
  SlicedSocket socket(pair.library);
  Fill(pair.server, "goodbye");
  pair.EndServer();
  bool is_over = false;
  CHECK(socket.PassIn() == 7);
  CHECK(ReadAll(pair.library, is_over) == "goodbye");
  CHECK_FALSE(is_over);
  CHECK(socket.PassIn() == 0);
  CHECK(ReadAll(pair.library, is_over).empty());
  CHECK(is_over);
}

TEST_CASE("a library that writes to a server that has gone reads the end") {
  Connected pair;
  SlicedSocket socket(pair.library);
  pair.EndServer();
  Fill(pair.library, "hello");
  CHECK(socket.PassOut());
  bool is_over = false;
  CHECK(ReadAll(pair.library, is_over).empty());
  CHECK(is_over);
}

TEST_CASE("a socket that the library opened anew under the old number is not the sliced one") {
  Connected pair;
  SlicedSocket socket(pair.library);
  CHECK(socket.IsAt(pair.library));
  CHECK_FALSE(socket.IsAt(pair.server));
  Connected other;
  REQUIRE(::dup2(other.library, pair.library) == pair.library);
  CHECK_FALSE(socket.IsAt(pair.library));
}

TEST_CASE("the server sees the end at once when the socket is given up") {
  Connected pair;
  { SlicedSocket socket(pair.library); }
  bool is_over = false;
  CHECK(ReadAll(pair.server, is_over).empty());
  CHECK(is_over);
}

}  // namespace collectors
