#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/http/http_door.h"
#include "exporter/http/listen_address.h"

namespace exporter {

// What a route is asked: the parts of a request that our pages depend on.
struct HttpRequest {
  std::vector<std::pair<std::string, std::string>> parameters;  // Of the query, decoded.
  // The header fields of these names as they were sent; ", " joins repeated ones.
  std::string accept = {};
  std::string accept_encoding = {};
};

// An answer whose body is sent piece by piece, without being joined or copied.
struct HttpAnswer {
  int code = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string content_encoding = {};     // Of the body as it is: "gzip", "zstd" or none.
  std::vector<std::string_view> pieces;  // Point into what `owner` holds.
  // Held until the client has taken the answer. What it holds besides the pieces
  // is not budgeted; pieces that other answers have too are budgeted once.
  std::shared_ptr<const void> owner;

  static HttpAnswer Text(std::string body, int code = 200,
                         std::string content_type = "text/plain; charset=utf-8");
};

struct HttpRoute {
  std::string path;
  std::string handler;  // The label of exporter_http_requests_total.
  std::function<HttpAnswer(const HttpRequest&)> answer;
  // Waits for nothing and takes microseconds: answered before all that queues,
  // on the thread that reads the requests.
  bool at_once = false;
};

// What happened, for the server's owner. Called by the server's threads.
struct HttpObserver {
  // An answer was sent whole; making it, without waiting for its client, took `seconds`.
  std::function<void(std::string_view handler, int code, double seconds)> answered;
  // An answer was not sent whole; the reason is one of kHttpCutReasons.
  std::function<void(std::string_view reason)> cut;
  // A connection could not be accepted; the reason is one of HttpDoor::kReasons.
  std::function<void(std::string_view reason)> not_accepted;
  // Nobody will be answered any more; called once.
  std::function<void(const std::string& reason)> broken;
};

// Serves GET and HEAD of a few paths. Knows HTTP and nothing of metrics.
// A handful of workers answer whole requests; see HttpLobby for the rest.
class HttpServer {
 public:
  HttpServer(std::vector<HttpRoute> routes, HttpObserver observer,
             AcceptCall accept = AcceptConnection);
  ~HttpServer();  // Stops, and waits for every route that is still answering.
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Binds every address and starts to serve; returns the ports bound. Called
  // once. Throws std::runtime_error, naming the address, when one cannot be
  // bound, and std::system_error when the system has no thread left.
  std::vector<int> Start(const std::vector<ListenAddress>& addresses);
  // Ends within a moment: what waits in the queue is dropped, what clients have
  // not taken of an answer is cut. False if a route is still answering after
  // `patience`.
  bool Stop(std::chrono::milliseconds patience);

 private:
  class Impl;  // Keeps the library's header out of this one.
  std::unique_ptr<Impl> impl_;
};

}  // namespace exporter
