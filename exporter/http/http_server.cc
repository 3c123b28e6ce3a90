#include "exporter/http/http_server.h"

#include <httplib.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <optional>
#include <stdexcept>
#include <utility>

#include "exporter/http/http_cut.h"
#include "exporter/http/http_head.h"
#include "exporter/http/http_lobby.h"
#include "exporter/http/http_stream.h"
#include "exporter/http/http_unsent.h"
#include "exporter/http/http_workers.h"
#include "exporter/http/listening_socket.h"

namespace exporter {
namespace {

using std::chrono::steady_clock;

// Few are enough: requests are answered from memory, and no worker waits for a client.
constexpr std::size_t kWorkers = 4;
// The bytes that a worker sends itself. The lobby sends the rest, in turn with others.
constexpr std::size_t kMostSent = 16 << 20;
// Unsent bytes that the system may hold for a client, if few clients take an answer. With less, it
// wakes a reading client for every few packets. If there are many, each has ListeningSocket::kHeld.
constexpr std::size_t kMostHeld = 1 << 20;
constexpr std::size_t kFew = 4;
constexpr const char* kUnknownHandler = "other";
// Heads that are answered before the library sees them.
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
constexpr EarlyAnswer kTooMany = {
    503,
    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 18\r\n\r\ntoo many requests\n"};

// The answer to the request of this thread. The library gets the fields of the head and never the
// body, which it would copy.
struct Answered {
  std::string handler = kUnknownHandler;
  int code = 0;  // 0 until the library has written a head.
  std::vector<std::string_view> pieces;
  std::shared_ptr<const void> owner;
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
  // Not the descriptor: the library refuses numbers above 1023, which its select(2) could not
  // watch. It has nothing to watch here.
  socket_t socket() const override { return INVALID_SOCKET; }

 private:
  HttpStream& stream_;
};

// The library's parser of requests and writer of answers, without its sockets and threads. Safe
// from any thread.
class Library : public httplib::Server {
 public:
  // The library sends nothing without a listening socket, and does not use one otherwise.
  Library() { svr_sock_ = 0; }

  // Serves one request. Returns false if the connection must be closed afterwards.
  bool Serve(HttpStream& stream) {
    LibraryStream adapted(stream);
    bool closed = false;
    bool stays = false;  // Until the head is understood.
    const auto inspect = [&stays](httplib::Request& request) {
      request.ranges.clear();  // A page is always sent completely.
      // A body is not read; it would be taken for the next request.
      stays = !request.has_header("Content-Length") && !request.has_header("Transfer-Encoding");
    };
    return Process(*this, adapted, closed, inspect) && !closed && stays;
  }

 private:
  // cpp-httplib 0.18 is given the addresses of both ends as well; 0.11 asks the stream for them.
  template <typename Self, typename Inspect>
  static bool Process(Self& self, LibraryStream& stream, bool& closed, const Inspect& inspect) {
    if constexpr (requires { self.process_request(stream, false, closed, inspect); }) {
      return self.process_request(stream, false, closed, inspect);
    } else {
      return self.process_request(stream, "", 0, "", 0, false, closed, inspect);
    }
  }
};

void Fill(const httplib::Request& request, httplib::Response& response, HttpAnswer answer) {
  std::size_t size = 0;
  for (const std::string_view piece : answer.pieces) size += piece.size();
  response.status = answer.code;
  response.set_header("Content-Length", std::to_string(size));
  response.set_header("Content-Type", answer.content_type);
  if (!answer.content_encoding.empty())
    response.set_header("Content-Encoding", answer.content_encoding);
  response.set_header("X-Content-Type-Options", "nosniff");
  if (request.method == "HEAD") return;
  answered.pieces = std::move(answer.pieces);
  answered.owner = std::move(answer.owner);
}

// Joins the values of a repeated header field (RFC 9110, 5.3).
std::string Joined(const httplib::Request& request, const std::string& field) {
  std::string joined;
  const auto [begin, end] = request.headers.equal_range(field);
  for (auto it = begin; it != end; ++it) joined += (it == begin ? "" : ", ") + it->second;
  return joined;
}

HttpRequest ToRequest(const httplib::Request& request) {
  HttpRequest made;
  made.parameters.assign(request.params.begin(), request.params.end());
  made.accept = Joined(request, "Accept");
  made.accept_encoding = Joined(request, "Accept-Encoding");
  return made;
}

// The answer to a head that the library need not see; absent for a good head.
std::optional<EarlyAnswer> RefuseHead(std::string_view head) {
  if (head.find("\r\n\r\n") == std::string_view::npos) return kHeadTooLong;
  if (HasHiddenField(head)) return kBadHead;
  return std::nullopt;
}

// At most a quarter of the descriptors: collectors need some as well.
HttpLobby::Limits LobbyLimits() {
  HttpLobby::Limits limits;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0)
    limits.connections = std::clamp<std::size_t>(files.rlim_cur / 4, 8, limits.connections);
  return limits;
}

// The share of the connections that may wait for a worker. The others are room for requests that
// are answered at once.
std::size_t MostQueued() { return LobbyLimits().connections * 7 / 8 - kWorkers; }

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
  Impl(std::vector<HttpRoute> routes, HttpObserver observer, AcceptCall accept);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::vector<int> Start(const std::vector<ListenAddress>& addresses);
  bool Stop(std::chrono::milliseconds patience);

 private:
  void Direct(HttpLobby::Visitor visitor);
  void Serve(HttpLobby::Visitor visitor);
  void Give(HttpLobby::Visitor visitor);
  void Refuse(HttpLobby::Visitor visitor, const EarlyAnswer& answer);
  bool ServeByLibrary(HttpStream& stream);
  void Answer(const httplib::Request& request, httplib::Response& response) const;
  const HttpRoute* FindRoute(std::string_view path) const;
  HttpLobby::Calls LobbyCalls();
  void Taken(const HttpLobby::Visitor& visitor);
  void Cut(const HttpLobby::Visitor& visitor, HttpCut reason);

  std::vector<HttpRoute> routes_;
  HttpObserver observer_;
  AcceptCall accept_;
  Library library_;
  std::atomic<bool> stopping_ = false;
  HttpCutLog cut_log_;
  HttpWorkers workers_;
  HttpLobby lobby_;  // After the workers, to which its thread passes visitors.
};

HttpServer::Impl::Impl(std::vector<HttpRoute> routes, HttpObserver observer, AcceptCall accept)
    : routes_(std::move(routes)),
      observer_(std::move(observer)),
      accept_(std::move(accept)),
      workers_(MostQueued(), [this](HttpLobby::Visitor visitor) { Serve(std::move(visitor)); }),
      lobby_(LobbyLimits(), LobbyCalls()) {
  // Before the library's routing, whose regular expressions recurse on long paths.
  library_.set_pre_routing_handler([this](const auto& request, auto& response) {
    Answer(request, response);
    return httplib::Server::HandlerResponse::Handled;
  });
  library_.set_logger([this](const auto& request, const auto& response) {
    const HttpRoute* route = FindRoute(request.path);
    if (route != nullptr) answered.handler = route->handler;
    answered.code = response.status;
  });
}

HttpLobby::Calls HttpServer::Impl::LobbyCalls() {
  return {[this](HttpLobby::Visitor visitor) { Direct(std::move(visitor)); },
          [this](const HttpLobby::Visitor& visitor) { Taken(visitor); },
          [this](const HttpLobby::Visitor& visitor, HttpCut reason) { Cut(visitor, reason); },
          observer_.broken};
}

// The workers give visitors back to the lobby, so their threads end before it does.
HttpServer::Impl::~Impl() {
  Stop({});
  workers_.Join();
}

std::vector<int> HttpServer::Impl::Start(const std::vector<ListenAddress>& addresses) {
  std::vector<HttpDoor> doors;
  std::vector<int> ports;
  for (const ListenAddress& address : addresses) {
    doors.emplace_back(ListeningSocket(address), accept_, observer_.not_accepted);
    ports.push_back(doors.back().port());
  }
  workers_.Start(kWorkers);
  lobby_.Open(std::move(doors));
  return ports;
}

// On the lobby's thread.
void HttpServer::Impl::Direct(HttpLobby::Visitor visitor) {
  MakeOriginForm(visitor.received);
  const HttpRoute* route = FindRoute(PathOf(visitor.received));
  if (route != nullptr && route->at_once) return Serve(std::move(visitor));
  if (!workers_.Offer(visitor)) Refuse(std::move(visitor), kTooMany);
}

void HttpServer::Impl::Serve(HttpLobby::Visitor visitor) {
  if (const auto refusal = RefuseHead(visitor.received))
    return Refuse(std::move(visitor), *refusal);
  visitor.began = steady_clock::now();
  answered = {};
  HttpStream stream(visitor.received);
  visitor.stays = ServeByLibrary(stream) && !stopping_;
  Answered made = std::exchange(answered, {});
  if (made.code == 0) made.pieces.clear();  // No head announces them.
  visitor.received = std::string(stream.rest());
  visitor.handler = std::move(made.handler);
  visitor.code = made.code;
  visitor.unsent = HttpUnsent(stream.TakeWritten(), std::move(made.pieces), std::move(made.owner));
  const std::chrono::duration<double> took = steady_clock::now() - visitor.began;
  visitor.seconds = took.count();
  Give(std::move(visitor));
}

void HttpServer::Impl::Refuse(HttpLobby::Visitor visitor, const EarlyAnswer& answer) {
  visitor.began = steady_clock::now();
  visitor.stays = false;
  visitor.handler = kUnknownHandler;
  visitor.code = answer.code;
  visitor.unsent = HttpUnsent(std::string(answer.text), {}, nullptr);
  Give(std::move(visitor));
}

// Sends what the client takes at once. The lobby waits for the rest.
void HttpServer::Impl::Give(HttpLobby::Visitor visitor) {
  LimitHeld(visitor.fd, lobby_.takers() < kFew ? kMostHeld : ListeningSocket::kHeld);
  if (!visitor.unsent.SendTo(visitor.fd, kMostSent)) {
    Cut(visitor, HttpCut::kClient);
    visitor.unsent = {};
    visitor.stays = false;
  } else if (visitor.unsent.all_sent()) {
    Taken(visitor);
  }
  lobby_.Return(std::move(visitor));
}

void HttpServer::Impl::Taken(const HttpLobby::Visitor& visitor) {
  if (visitor.code != 0) observer_.answered(visitor.handler, visitor.code, visitor.seconds);
}

void HttpServer::Impl::Cut(const HttpLobby::Visitor& visitor, HttpCut reason) {
  if (visitor.code == 0) return;
  observer_.cut(Name(reason));
  cut_log_.Add(visitor.handler, reason, visitor.unsent.sent(), visitor.unsent.size(),
               steady_clock::now());
}

bool HttpServer::Impl::ServeByLibrary(HttpStream& stream) {
  try {
    return library_.Serve(stream);
  } catch (const std::exception&) {
    // The library throws on some malformed requests; these cost their connection.
    return false;
  }
}

const HttpRoute* HttpServer::Impl::FindRoute(std::string_view path) const {
  const auto found = std::find_if(routes_.begin(), routes_.end(),
                                  [&path](const HttpRoute& route) { return route.path == path; });
  return found == routes_.end() ? nullptr : &*found;
}

void HttpServer::Impl::Answer(const httplib::Request& request, httplib::Response& response) const {
  const HttpRoute* route = FindRoute(request.path);
  if (route == nullptr) return Fill(request, response, HttpAnswer::Text("not found\n", 404));
  if (request.method != "GET" && request.method != "HEAD") {
    response.set_header("Allow", "GET, HEAD");
    return Fill(request, response, HttpAnswer::Text("only GET and HEAD\n", 405));
  }
  try {
    Fill(request, response, route->answer(ToRequest(request)));
  } catch (const std::exception&) {
    // The error text may hold something that a client must not see.
    Fill(request, response, HttpAnswer::Text("internal error\n", 500));
  }
}

bool HttpServer::Impl::Stop(std::chrono::milliseconds patience) {
  stopping_ = true;
  lobby_.Close();
  return workers_.Stop(patience);
}

HttpServer::HttpServer(std::vector<HttpRoute> routes, HttpObserver observer, AcceptCall accept)
    : impl_(std::make_unique<Impl>(std::move(routes), std::move(observer), std::move(accept))) {}

HttpServer::~HttpServer() = default;

std::vector<int> HttpServer::Start(const std::vector<ListenAddress>& addresses) {
  return impl_->Start(addresses);
}

bool HttpServer::Stop(std::chrono::milliseconds patience) { return impl_->Stop(patience); }

}  // namespace exporter
