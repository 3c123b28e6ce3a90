#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace collectors {

// What a RabbitMQ tells of one queue; what it does not tell is absent.
struct RabbitmqQueue {
  std::string name;
  std::optional<double> ready;    // Messages that wait.
  std::optional<double> unacked;  // Messages delivered to a consumer and not acknowledged.
  std::optional<double> consumers;
  // Of Dramatiq's queue: messages that wait for their time, and those given up.
  std::optional<double> scheduled;
  std::optional<double> failed;
  // Epoch seconds: the property timestamp of the message that is next, where its
  // sender gave it one (classic queues before RabbitMQ 4). Absent if the queue has priorities:
  // others may have waited longer than the next.
  std::optional<double> head_timestamp;
  // It keeps what was read, and the broker counts all together: none of that is ready.
  bool is_stream = false;
};

// A page of the list of queues.
struct RabbitmqPage {
  std::vector<RabbitmqQueue> queues;
  std::size_t pages = 0;  // How many there are.
};

// What of a queue the management API is asked for, of RabbitMQ 3.10 to 4.3. The
// server documents its API at /api/index.html.
inline constexpr std::string_view kRabbitmqColumns =
    "name,type,messages_ready,messages_unacknowledged,consumers,head_message_timestamp,arguments";

// The answer to /api/queues/VHOST/NAME, and to /api/queues/VHOST?page=N. A count
// that is null, as that of a queue younger than the broker's statistics, is absent.
// Throw CollectError kProtocol for what is no such answer.
RabbitmqQueue ReadRabbitmqQueue(std::string_view json);
RabbitmqPage ReadRabbitmqPage(std::string_view json);

// Whether a queue is plumbing, not work: named by the broker for one connection
// (amq.gen-...), or of Celery's events and control calls.
bool IsRabbitmqPlumbing(std::string_view name);
inline constexpr std::string_view kDramatiqDelayed = ".DQ";
inline constexpr std::string_view kDramatiqDead = ".XQ";
// The queue that Dramatiq keeps this one beside: of jobs.DQ (delayed) and jobs.XQ (given
// up) it is jobs; empty for any other.
std::string_view DramatiqBase(std::string_view name);
// What the messages in all of Celery's delay queues are shown as.
inline constexpr std::string_view kCeleryDelayed = "celery_delayed";
// Whether Celery keeps messages in it until their time has come: celery_delayed_0
// and its like, which hold what is scheduled for all queues together.
bool IsCeleryDelay(std::string_view name);

}  // namespace collectors
