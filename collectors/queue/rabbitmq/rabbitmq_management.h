#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "collectors/clients/http/http_session.h"
#include "collectors/queue/rabbitmq/rabbitmq_source.h"

namespace collectors {

// Where on its server a management API is, and for which virtual host it is asked.
struct ManagementPlace {
  std::string prefix;  // What its paths begin with; mostly empty.
  std::string vhost;
};

// By the path of the URL, which is the virtual host ("/jobs", none for "/"); or,
// where `vhost` says that, the folder of the API. An "/api" at the end of the path
// is taken for what the API's own paths begin with. Throws std::invalid_argument.
ManagementPlace PlaceOf(const HttpEndpoint& endpoint, std::string_view vhost);

// The management plugin's API of RabbitMQ 3.10 to 4.3, asked for a few columns of
// the queues in question, a few named ones one by one and others by pages of the
// list. Its figures are up to the broker's statistics interval (5 s) old, a quorum
// queue's up to twice that. At most 10,000 queues are listed and 1,000 of those
// that are not named shown.
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
