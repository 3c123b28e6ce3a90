#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "collectors/clients/http/http_session.h"
#include "collectors/queue/rabbitmq/rabbitmq_source.h"

namespace collectors {

// Where on its server a management API is, and which virtual host is read.
struct ManagementPlace {
  std::string prefix;  // Stands before the API's paths; mostly empty.
  std::string vhost;
};

// The URL's path is the virtual host ("/jobs"; "/" if there is no path). If `vhost` gives the
// virtual host, the path is the folder of the API. An "/api" at the end of the path is dropped: the
// API's own paths begin with it. Throws std::invalid_argument.
ManagementPlace PlaceOf(const HttpEndpoint& endpoint, std::string_view vhost);

// The API of RabbitMQ's management plugin, 3.10 to 4.3. Asks for a few columns of the queues in
// question: a few named queues one by one, others by pages of the list. Its figures are at most as
// old as the broker's statistics interval (5 s), those of a quorum queue up to twice. Lists at most
// 10,000 queues, and shows at most 1,000 of those that are not named.
class RabbitmqManagement : public RabbitmqSource {
 public:
  // Throws std::invalid_argument as PlaceOf() does.
  RabbitmqManagement(HttpTarget target, std::string_view vhost);

  RabbitmqFindings Read(const exporter::CollectContext& context,
                        const RabbitmqQuestion& question) override;

 private:
  RabbitmqFindings ReadNamed(const exporter::CollectContext& context,
                             const RabbitmqQuestion& question);
  RabbitmqFindings ReadListed(const exporter::CollectContext& context,
                              const RabbitmqQuestion& question);
  RabbitmqPage ReadPage(const exporter::CollectContext& context, std::size_t page);
  std::string Get(const exporter::CollectContext& context, const std::string& path);

  ManagementPlace place_;
  HttpSession session_;
};

}  // namespace collectors
