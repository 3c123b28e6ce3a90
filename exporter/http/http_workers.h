#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "exporter/http/http_lobby.h"
#include "exporter/seam/deadline.h"
#include "exporter/seam/mutex.h"

namespace exporter {

// A few threads that serve visitors in the order of their arrival. The queue is bounded, and a stop
// drops it. Safe from any thread.
class HttpWorkers {
 public:
  // `serve` runs on a worker's thread, owns its visitor and must not throw.
  HttpWorkers(std::size_t most_queued, std::function<void(HttpLobby::Visitor)> serve);
  ~HttpWorkers();  // Stops, and waits for the visitors that are being served.
  HttpWorkers(const HttpWorkers&) = delete;
  HttpWorkers& operator=(const HttpWorkers&) = delete;

  // Throws std::system_error if the system has no thread left.
  void Start(std::size_t threads);
  // Returns false, with the visitor untouched, if the queue is full or it has stopped.
  bool Offer(HttpLobby::Visitor& visitor);
  // Closes the queued visitors. Returns false if one is still being served after `patience`.
  bool Stop(std::chrono::milliseconds patience);
  // Returns once every thread has ended.
  void Join();

 private:
  void Run(const std::stop_token& stop);
  // Waits for a visitor; absent if it is to stop.
  std::optional<HttpLobby::Visitor> Next(const std::stop_token& stop);

  const std::size_t most_queued_;
  const std::function<void(HttpLobby::Visitor)> serve_;

  Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<HttpLobby::Visitor> queue_ GUARDED_BY(mutex_);
  std::size_t serving_ GUARDED_BY(mutex_) = 0;
  bool stopped_ GUARDED_BY(mutex_) = false;

  std::vector<std::jthread> threads_;  // Last: they end before the members that they use.
};

}  // namespace exporter
