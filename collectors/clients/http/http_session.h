#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "collectors/clients/http/http_endpoint.h"
#include "collectors/clients/net/tls.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/secret.h"

namespace collectors {

// An HTTP server and our login. `password` is loaded again for each new connection. `user` and
// `password`, if given, override the URL's.
struct HttpTarget {
  HttpEndpoint endpoint;
  std::string user;
  exporter::SecretSource password;
  std::string client_name;  // The User-Agent: "exporter:jobs".
  TlsOptions tls = {};      // For an https:// URL.
};

// One connection to one HTTP/1.1 server for GETs with basic authentication (RFC 7617), opened when
// first needed, kept, and opened again after a failure. Every call ends by context.deadline or
// throws CollectError. Uses our Stream because cpp-httplib's client bounds neither the name lookup
// nor the sum of its waits. Requests no compression and follows no redirect. One thread at a time.
class HttpSession {
 public:
  explicit HttpSession(HttpTarget target);
  ~HttpSession();
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  // Returns the body of the answer, at most 2 MiB, to a GET of `path`, which is already encoded:
  // "/api/queues?page=1". Throws by the status: kAuth for 401 and 407, kPermission for 403,
  // kMissing for 404, kQuery for other 4xx and 5xx, kProtocol for a redirect and any other status
  // but 200.
  std::string Get(const exporter::CollectContext& context, const std::string& path);

  // Returns how often it has connected.
  std::uint64_t connections() const { return connections_; }
  const HttpEndpoint& endpoint() const { return target_.endpoint; }

 private:
  class Connection;
  std::string GetOnce(const exporter::CollectContext& context, const std::string& path);

  HttpTarget target_;
  std::unique_ptr<Connection> connection_;  // Null when not connected.
  std::uint64_t connections_ = 0;
};

}  // namespace collectors
