#include "collectors/clients/http/http_session.h"

#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "collectors/clients/http/http_reader.h"
#include "collectors/clients/net/base64.h"
#include "collectors/clients/net/stream.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;

constexpr std::size_t kReadBytes = std::size_t{16} << 10;
// RabbitMQ's page of 500 queues has 250 KB. Parsed JSON takes up to twenty times as much memory as
// its text.
constexpr std::size_t kMostBodyBytes = std::size_t{2} << 20;

struct StatusRow {
  int first;
  int last;
  ErrorKind kind;
  std::string_view meaning;
};

// The first row that contains the status decides.
constexpr StatusRow kStatuses[] = {
    {401, 401, ErrorKind::kAuth, "the server refuses the user or the password"},
    {403, 403, ErrorKind::kPermission, "the user may not see this"},
    {404, 404, ErrorKind::kMissing, "there is no such thing"},
    {407, 407, ErrorKind::kAuth, "a proxy wants a password"},
    {300, 399, ErrorKind::kProtocol, "a redirect, which is not followed: give the address itself"},
    {201, 299, ErrorKind::kProtocol, "there is no answer in it"},
    {500, 599, ErrorKind::kQuery, "the server failed"},
    {400, 499, ErrorKind::kQuery, "the server does not understand the question"},
};

void ExpectSuccess(int status) {
  if (status == 200) return;
  for (const StatusRow& row : kStatuses) {
    if (status < row.first || status > row.last) continue;
    throw CollectError(row.kind,
                       "HTTP " + std::to_string(status) + ": " + std::string(row.meaning));
  }
  throw CollectError(ErrorKind::kProtocol, "HTTP " + std::to_string(status));
}

// Returns the endpoint with the user and the password to use.
HttpEndpoint LoginOf(const HttpTarget& target) {
  HttpEndpoint endpoint = target.endpoint;
  if (!target.user.empty()) endpoint.user = target.user;
  try {
    if (target.password.given()) endpoint.password = target.password.Load();
  } catch (const std::runtime_error& error) {  // Names the file.
    throw CollectError(ErrorKind::kConnect, error.what());
  }
  return endpoint;
}

// The request lines that are the same in every request.
std::string HeadersOf(const HttpTarget& target) {
  std::string headers = "Host: " + target.endpoint.Name() +
                        "\r\nUser-Agent: " + target.client_name +
                        "\r\nAccept: application/json\r\n";
  const HttpEndpoint login = LoginOf(target);
  if (!login.user.empty() || !login.password.empty()) {
    headers += "Authorization: Basic " + EncodedBase64(login.user + ":" + login.password.Reveal()) +
               "\r\n";
  }
  return headers + "\r\n";
}

Stream Dial(const CollectContext& context, const HttpTarget& target) {
  const HttpEndpoint& endpoint = target.endpoint;
  Stream stream = Stream::Connect(context, endpoint.host, endpoint.port);
  if (endpoint.tls) stream.StartTls(context, target.tls, endpoint.host);
  return stream;
}

}  // namespace

class HttpSession::Connection {
 public:
  Connection(const CollectContext& context, const HttpTarget& target)
      : headers_(HeadersOf(target)), stream_(Dial(context, target)) {}

  HttpReply Get(const CollectContext& context, const std::string& path) {
    // Unread input would be taken for the answer to this request.
    stream_.ExpectSilence(context);
    stream_.Write(context, "GET " + path + " HTTP/1.1\r\n" + headers_);
    HttpReader reader(kMostBodyBytes);
    std::array<char, kReadBytes> buffer;
    while (!reader.Feed({buffer.data(), stream_.Read(context, buffer)})) {
    }
    return std::move(reader).Take();
  }

 private:
  const std::string headers_;  // Holds the password.
  Stream stream_;
};

HttpSession::HttpSession(HttpTarget target) : target_(std::move(target)) {}
HttpSession::~HttpSession() = default;

std::string HttpSession::Get(const CollectContext& context, const std::string& path) {
  const bool is_kept = connection_ != nullptr;
  try {
    return GetOnce(context, path);
  } catch (const CollectError& error) {
    // A kept connection may have been closed meanwhile, or the password may have changed: try once
    // more.
    const bool may_be_old = error.kind() == ErrorKind::kConnect || error.kind() == ErrorKind::kAuth;
    if (!is_kept || !may_be_old) throw;
  }
  connection_.reset();
  return GetOnce(context, path);
}

std::string HttpSession::GetOnce(const CollectContext& context, const std::string& path) {
  try {
    // Moved out, so that any exception closes it.
    std::unique_ptr<Connection> connection = std::move(connection_);
    if (connection == nullptr) {
      connection = std::make_unique<Connection>(context, target_);
      ++connections_;
    }
    HttpReply reply = connection->Get(context, path);
    if (!reply.is_last) connection_ = std::move(connection);
    ExpectSuccess(reply.status);
    return std::move(reply.body);
  } catch (const CollectError& error) {
    const std::string name = target_.endpoint.Name();
    const std::string what = error.what();
    throw error.Saying(what.starts_with(name) ? what : name + ": " + what);
  }
}

}  // namespace collectors
