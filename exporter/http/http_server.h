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

// The parts of a request that our pages depend on.
struct HttpRequest {
  std::vector<std::pair<std::string, std::string>> parameters;  // Of the query, decoded.
  // The header fields of these names, as sent; repeated ones are joined by ", ".
  std::string accept = {};
  std::string accept_encoding = {};
};

// An answer. The body is sent piece by piece, without being joined or copied.
struct HttpAnswer {
  int code = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string content_encoding = {};     // Of the body: "gzip", "zstd" or empty.
  std::vector<std::string_view> pieces;  // Point into memory that `owner` keeps alive.
  // Held until the client has taken the answer. Only the pieces are budgeted, and pieces that other
  // answers share are budgeted once.
  std::shared_ptr<const void> owner;

  static HttpAnswer Text(std::string body, int code = 200,
                         std::string content_type = "text/plain; charset=utf-8");
};

struct HttpRoute {
  std::string path;
  std::string handler;  // The label of exporter_http_requests_total.
  std::function<HttpAnswer(const HttpRequest&)> answer;
  // The answer waits for nothing and takes microseconds. It is made before all queued requests, on
  // the thread that reads the requests.
  bool at_once = false;
};

// Events for the owner of the server. Called by the server's threads.
struct HttpObserver {
  // An answer was sent completely. `seconds` is the time to make it, without waiting for the
  // client.
  std::function<void(std::string_view handler, int code, double seconds)> answered;
  // An answer was cut; the reason is one of kHttpCutReasons.
  std::function<void(std::string_view reason)> cut;
  // A connection could not be accepted; the reason is one of HttpDoor::kReasons.
  std::function<void(std::string_view reason)> not_accepted;
  // The server cannot answer any more. Called once.
  std::function<void(const std::string& reason)> broken;
};

// Serves GET and HEAD of a few paths. Knows HTTP and nothing of metrics. A few workers answer
// complete requests; HttpLobby does the rest.
class HttpServer {
 public:
  HttpServer(std::vector<HttpRoute> routes, HttpObserver observer,
             AcceptCall accept = AcceptConnection);
  ~HttpServer();  // Stops, and waits for every route that is still answering.
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Binds each address and starts to serve; returns the bound ports. Call it once. Throws
  // std::runtime_error, which names the address, if one cannot be bound, and std::system_error if
  // the system has no thread left.
  std::vector<int> Start(const std::vector<ListenAddress>& addresses);
  // Ends quickly: drops queued requests and cuts unsent answers. Returns false if a route is still
  // answering after `patience`.
  bool Stop(std::chrono::milliseconds patience);

 private:
  class Impl;  // Keeps the library's header out of this one.
  std::unique_ptr<Impl> impl_;
};

}  // namespace exporter
