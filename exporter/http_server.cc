#include "exporter/http_server.h"

#include <httplib.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <thread>

#include "exporter/http_lobby.h"
#include "exporter/http_stream.h"

namespace exporter {
namespace {

using std::chrono::steady_clock;

// Requests are answered from memory and no worker waits for a client.
constexpr std::size_t kWorkers = 4;
// The lobby keeps an answer that a client is slow to take; a few may be large.
constexpr std::size_t kMostUnsent = 16 << 20;
constexpr const char* kUnknownHandler = "other";
// What is answered before the library sees the head.
struct EarlyAnswer {
  int code;
  std::string_view text;
};
constexpr EarlyAnswer kHeadTooLong = {
    431,
    "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n"
    "Content-Length: 0\r\n\r\n"};
constexpr EarlyAnswer kBadHead = {
    400, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"};

// What the library answered on this thread's request: its logger is told so,
// and not when the request began.
struct Answered {
  std::string handler;
  int code = 0;
};
thread_local Answered answered;

// The library's connection, on our stream.
class LibraryStream : public httplib::Stream {
 public:
  explicit LibraryStream(HttpStream& stream) : stream_(stream) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* out, std::size_t size) override { return stream_.Read(out, size); }
  ssize_t write(const char* bytes, std::size_t size) override { return stream_.Write(bytes, size); }
  void get_remote_ip_and_port(std::string& ip, int& port) const override { ip = "", port = 0; }
  void get_local_ip_and_port(std::string& ip, int& port) const override { ip = "", port = 0; }
  socket_t socket() const override { return stream_.fd(); }

 private:
  HttpStream& stream_;
};

// Runs a task where it is given: accepted connections only move to the lobby.
class InlineQueue : public httplib::TaskQueue {
 public:
  void enqueue(std::function<void()> task) override { task(); }
  void shutdown() override {}
};

// A listening socket of the library's, which accepts and parses; the hook that
// its own TLS server uses hands us each connection instead of serving it.
class Listener : public httplib::Server {
 public:
  explicit Listener(std::function<void(int fd)> accepted) : accepted_(std::move(accepted)) {}

  // Also makes room for a burst of connections: the library listens for five.
  int Bind(const std::string& host, int port) {
    const int bound = port == 0 ? bind_to_any_port(host) : bind_to_port(host, port) ? port : -1;
    if (bound > 0) ::listen(svr_sock_, SOMAXCONN);
    return bound;
  }

  // Serves one request; false if the connection must be closed after it.
  bool Serve(HttpStream& stream) {
    LibraryStream adapted(stream);
    bool closed = false;
    bool stays = false;  // Until the head was understood.
    const auto inspect = [&stays](httplib::Request& request) {
      request.ranges.clear();  // A page is sent whole.
      // A body is not read, and would be taken for the next request.
      stays = !request.has_header("Content-Length") && !request.has_header("Transfer-Encoding");
    };
    return process_request(adapted, /*close_connection=*/false, closed, inspect) && !closed &&
           stays;
  }

 private:
  bool process_and_close_socket(socket_t fd) override {
    accepted_(fd);
    return true;
  }

  std::function<void(int fd)> accepted_;
};

bool AcceptsGzip(const std::string& header) {
  std::size_t begin = 0;
  while (begin < header.size()) {
    const std::size_t end = std::min(header.find(',', begin), header.size());
    std::string coding = header.substr(begin, end - begin);
    std::erase_if(coding, [](unsigned char c) { return std::isspace(c) != 0; });
    if (coding == "gzip" || coding == "*" || coding.starts_with("gzip;q=") ||
        coding.starts_with("*;q=")) {
      const std::size_t quality = coding.find(";q=");
      return quality == std::string::npos || std::atof(coding.c_str() + quality + 3) > 0;
    }
    begin = end + 1;
  }
  return false;
}

// Writes what lies in [offset, offset + length) of the joined pieces.
bool WritePieces(const std::vector<std::string_view>& pieces, std::size_t offset,
                 std::size_t length, httplib::DataSink& sink) {
  for (const std::string_view piece : pieces) {
    if (offset >= piece.size()) {
      offset -= piece.size();
      continue;
    }
    const std::string_view part = piece.substr(offset, length);
    if (!part.empty() && !sink.write(part.data(), part.size())) return false;
    length -= part.size();
    offset = 0;
    if (length == 0) break;
  }
  return true;
}

void Fill(httplib::Response& response, HttpAnswer answer) {
  response.status = answer.code;
  if (answer.gzipped) response.set_header("Content-Encoding", "gzip");
  response.set_header("X-Content-Type-Options", "nosniff");
  std::size_t size = 0;
  for (const std::string_view piece : answer.pieces) size += piece.size();
  if (size == 0) return;
  // A provider of known length is sent as it is; set_content would compress it again.
  const std::string type = answer.content_type;
  response.set_content_provider(size, type,
                                [answer = std::move(answer)](std::size_t offset, std::size_t length,
                                                             httplib::DataSink& sink) {
                                  return WritePieces(answer.pieces, offset, length, sink);
                                });
}

HttpRequest ToRequest(const httplib::Request& request) {
  HttpRequest made;
  made.parameters.assign(request.params.begin(), request.params.end());
  made.accepts_gzip = AcceptsGzip(request.get_header_value("Accept-Encoding"));
  return made;
}

// SO_REUSEADDR alone: the library's default would let two exporters share a port.
void SetListenOptions(socket_t fd) {
  const int yes = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

// Whether a head has a folded line, or white space before a colon, which RFC
// 9112 (5.1, 5.2) has a server refuse: the library passes such a field over, and
// a body that it announces would be taken for the next request.
bool HasHiddenField(std::string_view head) {
  for (std::size_t line = head.find("\r\n"); line + 2 < head.size();
       line = head.find("\r\n", line + 2)) {
    const std::string_view field = head.substr(line + 2, head.find("\r\n", line + 2) - line - 2);
    const std::size_t blank = field.find_first_of(" \t");
    if (field.empty()) return false;  // The end of the head.
    if (blank < field.find(':')) return true;
  }
  return false;
}

// The answer to a head that the library need not see; absent for a good one.
std::optional<EarlyAnswer> RefuseHead(std::string_view head) {
  if (head.find("\r\n\r\n") == std::string_view::npos) return kHeadTooLong;
  if (HasHiddenField(head)) return kBadHead;
  return std::nullopt;
}

// A quarter of the descriptors at most: collectors need some as well.
HttpLobby::Limits LobbyLimits() {
  HttpLobby::Limits limits;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0)
    limits.connections = std::clamp<std::size_t>(files.rlim_cur / 4, 8, limits.connections);
  return limits;
}

}  // namespace

HttpAnswer HttpAnswer::Text(std::string body, int code, std::string content_type) {
  HttpAnswer answer;
  answer.code = code;
  answer.content_type = std::move(content_type);
  const auto owner = std::make_shared<const std::string>(std::move(body));
  answer.pieces = {*owner};
  answer.owner = owner;
  return answer;
}

class HttpServer::Impl {
 public:
  Impl(std::vector<HttpRoute> routes, HttpObserver observe)
      : routes_(std::move(routes)),
        observe_(std::move(observe)),
        workers_(kWorkers),
        lobby_(LobbyLimits(), [this](HttpLobby::Visitor visitor) {
          workers_.enqueue([this, visitor = std::move(visitor)] { Serve(visitor); });
        }) {}

  std::vector<int> Start(const std::vector<ListenAddress>& addresses);
  void Stop();

 private:
  int Listen(const ListenAddress& address);
  void Serve(HttpLobby::Visitor visitor);
  bool ServeByLibrary(std::size_t listener, HttpStream& stream);
  void Answer(const httplib::Request& request, httplib::Response& response) const;
  const HttpRoute* FindRoute(const std::string& path) const;

  std::vector<HttpRoute> routes_;
  HttpObserver observe_;
  httplib::ThreadPool workers_;
  HttpLobby lobby_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::thread> accepting_;
  std::atomic<bool> stopping_ = false;
};

std::vector<int> HttpServer::Impl::Start(const std::vector<ListenAddress>& addresses) {
  std::vector<int> ports;
  ports.reserve(addresses.size());
  for (const ListenAddress& address : addresses) ports.push_back(Listen(address));
  for (const auto& listener : listeners_)
    accepting_.emplace_back([&listener] { listener->listen_after_bind(); });
  // The library's stop does nothing before its loop has begun.
  for (const auto& listener : listeners_) {
    while (!listener->is_running()) std::this_thread::yield();
  }
  return ports;
}

int HttpServer::Impl::Listen(const ListenAddress& address) {
  const std::size_t index = listeners_.size();
  auto listener = std::make_unique<Listener>([this, index](int fd) {
    HttpLobby::Visitor visitor;
    visitor.fd = fd;
    visitor.listener = index;
    lobby_.Enter(std::move(visitor));
  });
  listener->new_task_queue = [] { return new InlineQueue; };
  listener->set_tcp_nodelay(true);
  listener->set_socket_options(SetListenOptions);
  // Before the library's routing: its regular expressions recurse on long paths.
  listener->set_pre_routing_handler([this](const auto& request, auto& response) {
    Answer(request, response);
    return httplib::Server::HandlerResponse::Handled;
  });
  listener->set_logger([this](const auto& request, const auto& response) {
    const HttpRoute* route = FindRoute(request.path);
    answered = {route != nullptr ? route->handler : kUnknownHandler, response.status};
  });
  // "::" takes IPv4 as well; a machine without IPv6 has only the other.
  const std::vector<std::string> hosts = address.host.empty()
                                             ? std::vector<std::string>{"::", "0.0.0.0"}
                                             : std::vector<std::string>{address.host};
  for (const std::string& host : hosts) {
    errno = 0;
    const int port = listener->Bind(host, address.port);
    if (port > 0) {
      listeners_.push_back(std::move(listener));
      return port;
    }
    if (errno == EADDRINUSE) break;
  }
  throw std::runtime_error("cannot listen on " + address.host + ":" + std::to_string(address.port) +
                           ": " + (errno != 0 ? std::strerror(errno) : "no such address"));
}

void HttpServer::Impl::Serve(HttpLobby::Visitor visitor) {
  const SteadyTime start = steady_clock::now();
  answered = {kUnknownHandler, 0};
  HttpStream stream(visitor.fd, visitor.received, kMostUnsent);
  if (const auto refusal = RefuseHead(visitor.received)) {
    answered.code = refusal->code;
    visitor.stays = false;
    stream.Write(refusal->text.data(), refusal->text.size());
  } else {
    visitor.stays = ServeByLibrary(visitor.listener, stream) && !stopping_;
  }
  if (!stream.Flush()) visitor.stays = false;
  visitor.unsent = stopping_ ? std::string() : stream.TakeUnsent();
  visitor.received = std::string(stream.rest());
  const std::chrono::duration<double> took = steady_clock::now() - start;
  if (answered.code != 0) observe_(answered.handler, answered.code, took.count());
  lobby_.Return(std::move(visitor));
}

bool HttpServer::Impl::ServeByLibrary(std::size_t listener, HttpStream& stream) {
  try {
    return listeners_[listener]->Serve(stream);
  } catch (const std::exception&) {
    // The library throws on some malformed requests; they cost their connection.
    return false;
  }
}

const HttpRoute* HttpServer::Impl::FindRoute(const std::string& path) const {
  const auto found = std::find_if(routes_.begin(), routes_.end(),
                                  [&path](const HttpRoute& route) { return route.path == path; });
  return found == routes_.end() ? nullptr : &*found;
}

void HttpServer::Impl::Answer(const httplib::Request& request, httplib::Response& response) const {
  const HttpRoute* route = FindRoute(request.path);
  if (route == nullptr) return Fill(response, HttpAnswer::Text("not found\n", 404));
  if (request.method != "GET" && request.method != "HEAD") {
    response.set_header("Allow", "GET, HEAD");
    return Fill(response, HttpAnswer::Text("only GET and HEAD\n", 405));
  }
  try {
    Fill(response, route->answer(ToRequest(request)));
  } catch (const std::exception&) {
    // What went wrong may hold what a client must not see.
    Fill(response, HttpAnswer::Text("internal error\n", 500));
  }
}

void HttpServer::Impl::Stop() {
  if (stopping_.exchange(true)) return;
  for (const auto& listener : listeners_) listener->stop();
  for (std::thread& thread : accepting_) thread.join();
  lobby_.Close();
  workers_.shutdown();
}

HttpServer::HttpServer(std::vector<HttpRoute> routes, HttpObserver observe)
    : impl_(std::make_unique<Impl>(std::move(routes), std::move(observe))) {}

HttpServer::~HttpServer() { Stop(); }

std::vector<int> HttpServer::Start(const std::vector<ListenAddress>& addresses) {
  return impl_->Start(addresses);
}

void HttpServer::Stop() { impl_->Stop(); }

}  // namespace exporter
