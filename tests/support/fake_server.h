#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace testing {

// A TCP server on a free port of 127.0.0.1 that does what a script says, wrong
// things above all. Connection n runs script n, the last script all that follow;
// one connection at a time, on a thread of the server's own. Its end ends
// whatever a script waits for.
class FakeServer {
 public:
  // One connection, as a script sees it. Each call leaves the script when the
  // client has gone or the server ends.
  class Peer {
   public:
    // Reads until `text` has come, and drops all up to its end.
    void Expect(std::string_view text);
    void Send(std::string_view bytes);
    // One byte at a time, each after a pause.
    void Drip(std::string_view bytes, std::chrono::milliseconds pause);
    // Says nothing more until the client goes. Leaves the script.
    void Mute();
    // Reads nothing more until the client goes, so that its sends block. Leaves the script.
    void Stall();
    // Ends the connection with a TCP reset. Leaves the script.
    void Reset();

   private:
    friend class FakeServer;
    explicit Peer(int fd) : fd_(fd) {}
    // Returns false when the time passed and nothing came.
    bool Receive(std::chrono::milliseconds wait);

    int fd_;
    std::string received_;
  };
  // Returning closes the connection in the usual way.
  using Script = std::function<void(Peer&)>;

  explicit FakeServer(Script script) : FakeServer(std::vector<Script>{std::move(script)}) {}
  explicit FakeServer(std::vector<Script> scripts);
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  void Serve(const std::vector<Script>& scripts);
  // Notes the connection that runs, or -1; false once the server is ending.
  bool SetCurrent(int fd);

  int listener_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  int current_ = -1;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace testing
