#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace collectors {

// What RabbitMQ reports about one queue; absent if it does not report it.
struct RabbitmqQueue {
  std::string name;
  std::optional<double> ready;    // Messages that wait.
  std::optional<double> unacked;  // Messages delivered to a consumer and not acknowledged.
  std::optional<double> consumers;
  // Of a Dramatiq queue: messages that are not due yet, and messages given up.
  std::optional<double> scheduled;
  std::optional<double> failed;
  // Epoch seconds: the property timestamp of the next message, if its sender set it (classic queues
  // before RabbitMQ 4). Absent if the queue has priorities: other messages may have waited longer.
  std::optional<double> head_timestamp;
  // A stream keeps what was read, and the broker counts all together, so `ready` is absent.
  bool is_stream = false;
};

// A page of the list of queues.
struct RabbitmqPage {
  std::vector<RabbitmqQueue> queues;
  std::size_t pages = 0;  // Of the whole list.
};

// The columns that the management API is asked for; RabbitMQ 3.10 to 4.3. The server documents its
// API at /api/index.html.
inline constexpr std::string_view kRabbitmqColumns =
    "name,type,messages_ready,messages_unacknowledged,consumers,head_message_timestamp,arguments";

// Read the answers to /api/queues/VHOST/NAME, and to /api/queues/VHOST?page=N. A null count is
// absent, such as that of a queue younger than the broker's statistics. Throw CollectError
// kProtocol if it is not such an answer.
RabbitmqQueue ReadRabbitmqQueue(std::string_view json);
RabbitmqPage ReadRabbitmqPage(std::string_view json);

// Whether a queue is plumbing, not work: named by the broker for one connection (amq.gen-...), or
// for Celery's events and control calls.
bool IsRabbitmqPlumbing(std::string_view name);
inline constexpr std::string_view kDramatiqDelayed = ".DQ";
inline constexpr std::string_view kDramatiqDead = ".XQ";
// The queue that this one belongs to in Dramatiq: jobs for jobs.DQ (delayed) and jobs.XQ (given
// up); empty for any other.
std::string_view DramatiqBase(std::string_view name);
// The label of the messages in all of Celery's delay queues.
inline constexpr std::string_view kCeleryDelayed = "celery_delayed";
// Whether Celery keeps messages in this queue until they are due: celery_delayed_0 and the like,
// which hold what is scheduled for all queues together.
bool IsCeleryDelay(std::string_view name);

}  // namespace collectors
