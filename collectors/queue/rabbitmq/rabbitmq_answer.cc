#include "collectors/queue/rabbitmq/rabbitmq_answer.h"

#include <simdjson.h>

#include <algorithm>

#include "exporter/seam/collector.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
namespace dom = simdjson::dom;

constexpr std::size_t kDeepest = 16;  // Of a queue's values; the columns asked for nest 3 deep.

[[noreturn]] void Refuse() {
  throw CollectError(ErrorKind::kProtocol,
                     "the answer is none of RabbitMQ's management API about queues");
}

// A parsed JSON text. Its elements are valid as long as this object.
class Document {
 public:
  explicit Document(std::string_view json) {
    if (parser_.allocate(std::max<std::size_t>(json.size(), 1), kDeepest) != simdjson::SUCCESS) {
      Refuse();
    }
    if (parser_.parse(json.data(), json.size()).get(root_) != simdjson::SUCCESS) Refuse();
  }
  dom::object root() const {
    dom::object object;
    if (root_.get(object) != simdjson::SUCCESS) Refuse();
    return object;
  }

 private:
  dom::parser parser_;
  dom::element root_;
};

// A whole number, as all columns asked for are; anything else is not a count.
std::optional<double> Number(const dom::object& object, std::string_view key) {
  std::uint64_t number = 0;
  if (object[key].get(number) != simdjson::SUCCESS) return std::nullopt;
  return static_cast<double>(number);
}

bool IsStream(const dom::object& object) {
  std::string_view type;
  return object["type"].get(type) == simdjson::SUCCESS && type == "stream";
}

bool HasPriorities(const dom::object& object) {
  std::int64_t priorities = 0;
  return object["arguments"]["x-max-priority"].get(priorities) == simdjson::SUCCESS &&
         priorities > 0;
}

RabbitmqQueue QueueOf(const dom::object& object) {
  std::string_view name;
  if (object["name"].get(name) != simdjson::SUCCESS) Refuse();
  RabbitmqQueue queue;
  queue.name = name;
  queue.is_stream = IsStream(object);
  if (!queue.is_stream) queue.ready = Number(object, "messages_ready");
  queue.unacked = Number(object, "messages_unacknowledged");
  queue.consumers = Number(object, "consumers");
  if (!HasPriorities(object)) queue.head_timestamp = Number(object, "head_message_timestamp");
  return queue;
}

}  // namespace

RabbitmqQueue ReadRabbitmqQueue(std::string_view json) {
  const Document document(json);
  return QueueOf(document.root());
}

RabbitmqPage ReadRabbitmqPage(std::string_view json) {
  const Document document(json);
  const dom::object root = document.root();
  dom::array items;
  std::uint64_t pages = 0;
  if (root["items"].get(items) != simdjson::SUCCESS) Refuse();
  if (root["page_count"].get(pages) != simdjson::SUCCESS) Refuse();
  RabbitmqPage page;
  page.pages = pages;
  for (const dom::element item : items) {
    dom::object object;
    if (item.get(object) != simdjson::SUCCESS) Refuse();
    page.queues.push_back(QueueOf(object));
  }
  return page;
}

bool IsRabbitmqPlumbing(std::string_view name) {
  return name.starts_with("amq.gen-") || name.starts_with("celeryev.") || name.ends_with(".pidbox");
}

std::string_view DramatiqBase(std::string_view name) {
  const bool is_beside = name.ends_with(kDramatiqDelayed) || name.ends_with(kDramatiqDead);
  return is_beside ? name.substr(0, name.size() - kDramatiqDead.size()) : std::string_view();
}

bool IsCeleryDelay(std::string_view name) {
  constexpr std::string_view kStart = "celery_delayed_";
  return name.starts_with(kStart) && name.size() > kStart.size() &&
         name.find_first_not_of("0123456789", kStart.size()) == std::string_view::npos;
}

}  // namespace collectors
