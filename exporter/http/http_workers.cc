#include "exporter/http/http_workers.h"

#include <unistd.h>

#include <utility>

namespace exporter {

HttpWorkers::HttpWorkers(std::size_t most_queued, std::function<void(HttpLobby::Visitor)> serve)
    : most_queued_(most_queued), serve_(std::move(serve)) {}

HttpWorkers::~HttpWorkers() {
  Stop({});
  Join();
}

void HttpWorkers::Start(std::size_t threads) {
  while (threads_.size() < threads)
    threads_.emplace_back([this](const std::stop_token& stop) { Run(stop); });
}

bool HttpWorkers::Offer(HttpLobby::Visitor& visitor) {
  {
    MutexLock lock(mutex_);
    if (stopped_ || queue_.size() >= most_queued_) return false;
    queue_.push_back(std::move(visitor));
  }
  changed_.notify_one();
  return true;
}

std::optional<HttpLobby::Visitor> HttpWorkers::Next(const std::stop_token& stop) {
  MutexLock lock(mutex_);
  if (!changed_.wait(mutex_, stop, [this]() REQUIRES(mutex_) { return !queue_.empty(); }))
    return std::nullopt;
  HttpLobby::Visitor visitor = std::move(queue_.front());
  queue_.pop_front();
  ++serving_;
  return visitor;
}

void HttpWorkers::Run(const std::stop_token& stop) {
  while (std::optional<HttpLobby::Visitor> visitor = Next(stop)) {
    serve_(*std::move(visitor));
    MutexLock lock(mutex_);
    if (--serving_ == 0) changed_.notify_all();
  }
}

bool HttpWorkers::Stop(std::chrono::milliseconds patience) {
  MutexLock lock(mutex_);
  stopped_ = true;
  for (const HttpLobby::Visitor& visitor : queue_) ::close(visitor.fd);
  queue_.clear();
  return changed_.wait_for(mutex_, patience, [this]() REQUIRES(mutex_) { return serving_ == 0; });
}

void HttpWorkers::Join() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
}

}  // namespace exporter
