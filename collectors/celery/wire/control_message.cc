#include "collectors/celery/wire/control_message.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "collectors/clients/net/base64.h"

namespace collectors {
namespace {

using simdjson::ondemand::json_type;
using simdjson::ondemand::object;
using simdjson::ondemand::value;

constexpr std::size_t kMaxBody = 4 << 20;
constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxWorkers = 100;  // A reply names one worker.
constexpr std::size_t kMaxTasks = 10000;
constexpr std::size_t kMaxQueues = 1000;
constexpr std::size_t kMaxName = 512;  // AMQP allows 255 bytes.

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      quoted += fmt::format("\\u{:04x}", c);
      continue;
    }
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string Destination(const std::vector<std::string>& workers) {
  if (workers.empty()) return "null";
  std::string list;
  for (const std::string& worker : workers) list += (list.empty() ? "[" : ", ") + Quoted(worker);
  return list + "]";
}

// A value of another type is left unread, and so skipped.
std::optional<double> Number(value& number) {
  if (number.type() != json_type::number) return {};
  const double read = number.get_double();
  if (!std::isfinite(read) || read < 0) return {};
  return read;
}

std::string Text(value& text) {
  if (text.type() != json_type::string) return "";
  const std::string_view read = text.get_string();
  return read.size() > kMaxName ? "" : std::string(read);
}

// Calls visit(key, value) for each field.
template <typename Visit>
void ForFields(value& fields, const Visit& visit) {
  if (fields.type() != json_type::object) return;
  for (auto field : fields.get_object()) {
    const std::string_view key = field.unescaped_key();
    value content = field.value();
    visit(key, content);
  }
}

std::string RoutingKey(value& delivery) {
  std::string routing_key;
  ForFields(delivery, [&](std::string_view key, value& content) {
    if (key == "routing_key") routing_key = Text(content);
  });
  return routing_key;
}

// Skips arguments and names of tasks.
WorkerReply::HeldTask ReadTask(value& task) {
  WorkerReply::HeldTask held;
  ForFields(task, [&](std::string_view key, value& content) {
    if (key == "time_start") held.time_start = Number(content);
    if (key == "delivery_info") held.queue = RoutingKey(content);
  });
  return held;
}

WorkerReply::HeldTask ReadScheduled(value& entry) {
  WorkerReply::HeldTask held;
  ForFields(entry, [&](std::string_view key, value& content) {
    if (key == "request") held = ReadTask(content);
  });
  return held;
}

// Absent if it is not a list, or longer than `most`: a part would report less than there is.
template <typename Element>
std::optional<std::vector<Element>> ReadList(value& list, std::size_t most,
                                             Element (*read)(value& element)) {
  if (list.type() != json_type::array) return {};
  std::vector<Element> elements;
  for (auto element : list.get_array()) {
    if (elements.size() == most) return {};
    value content = element.value();
    elements.push_back(read(content));
  }
  return elements;
}

struct ServedQueue {
  std::string name;
  bool may_overtake = false;
};

bool IsTrue(value& flag) { return flag.type() == json_type::boolean && bool(flag.get_bool()); }

// By the arguments that the queue is declared with.
bool MayOvertake(value& arguments) {
  bool may = false;
  ForFields(arguments, [&](std::string_view key, value& content) {
    if (key == "x-max-priority") may |= Number(content).value_or(0) > 0;
    if (key == "x-queue-type") may |= Text(content) == "quorum";
  });
  return may;
}

ServedQueue ReadQueue(value& queue) {
  ServedQueue read;
  ForFields(queue, [&](std::string_view key, value& content) {
    if (key == "name") read.name = Text(content);
    if (key == "queue_arguments") read.may_overtake |= MayOvertake(content);
    if (key == "max_priority") read.may_overtake |= Number(content).value_or(0) > 0;
    if (key == "no_declare") read.may_overtake |= IsTrue(content);
  });
  return read;
}

void ReadPool(value& pool, WorkerReply& worker) {
  ForFields(pool, [&](std::string_view key, value& content) {
    if (key == "max-concurrency") worker.slots = Number(content);
    if (key == "processes" && content.type() == json_type::array) {
      simdjson::ondemand::array processes = content.get_array();
      worker.processes = static_cast<double>(std::size_t(processes.count_elements()));
    }
  });
}

bool ReadPing(value& reply, WorkerReply&) {
  bool is_pong = false;
  ForFields(reply, [&](std::string_view key, value& content) {
    is_pong = is_pong || (key == "ok" && Text(content) == "pong");
  });
  return is_pong;
}

bool ReadStats(value& reply, WorkerReply& worker) {
  bool has_pool = false;
  ForFields(reply, [&](std::string_view key, value& content) {
    if (key == "prefetch_count") worker.prefetch_count = Number(content);
    if (key == "uptime") worker.uptime_seconds = Number(content);
    if (key != "pool") return;
    has_pool = true;
    ReadPool(content, worker);
  });
  return has_pool;
}

bool ReadActive(value& reply, WorkerReply& worker) {
  worker.active = ReadList(reply, kMaxTasks, ReadTask);
  return worker.active.has_value();
}

bool ReadReserved(value& reply, WorkerReply& worker) {
  worker.reserved = ReadList(reply, kMaxTasks, ReadTask);
  return worker.reserved.has_value();
}

bool ReadSchedule(value& reply, WorkerReply& worker) {
  worker.scheduled = ReadList(reply, kMaxTasks, ReadScheduled);
  return worker.scheduled.has_value();
}

bool ReadQueues(value& reply, WorkerReply& worker) {
  const auto queues = ReadList(reply, kMaxQueues, ReadQueue);
  if (!queues) return false;
  worker.queues.emplace();
  for (const ServedQueue& queue : *queues) {
    if (queue.name.empty()) continue;
    worker.queues->push_back(queue.name);
    if (queue.may_overtake) worker.overtaking.push_back(queue.name);
  }
  return true;
}

struct Method {
  std::string_view name;
  bool (*read)(value& reply, WorkerReply& worker);  // Returns whether it was a reply to this
                                                    // method.
};

constexpr Method kMethods[] = {
    {"ping", ReadPing},         {"stats", ReadStats},        {"active", ReadActive},
    {"reserved", ReadReserved}, {"scheduled", ReadSchedule}, {"active_queues", ReadQueues},
};

bool ReadError(value& reply, WorkerReply&) {
  bool is_error = false;
  ForFields(reply, [&](std::string_view key, value&) { is_error = is_error || key == "error"; });
  return is_error;
}

std::vector<WorkerReply> Read(const Method& method, std::string_view body) {
  simdjson::ondemand::parser parser;
  const simdjson::padded_string padded(body);
  if (parser.allocate(body.size(), kMaxDepth) != simdjson::SUCCESS) return {};
  auto document = parser.iterate(padded);
  std::vector<WorkerReply> replies;
  for (auto field : document.get_object()) {
    if (replies.size() == kMaxWorkers) break;
    WorkerReply worker;
    const std::string_view hostname = field.unescaped_key();
    if (hostname.empty() || hostname.size() > kMaxName) continue;
    worker.hostname = hostname;
    value reply = field.value();
    if (method.read(reply, worker)) replies.push_back(std::move(worker));
  }
  return replies;
}

std::vector<WorkerReply> ReadSound(const Method& method, std::string_view body) {
  if (body.size() > kMaxBody) return {};
  try {
    return Read(method, body);
  } catch (const simdjson::simdjson_error&) {
    return {};
  }
}

}  // namespace

std::string ControlBody(const ControlRequest& request) {
  return fmt::format(R"({{"method": {}, "arguments": {{}}, "destination": {}, "pattern": null, )"
                     R"("matcher": null, "ticket": {}, )"
                     R"("reply_to": {{"exchange": {}, "routing_key": {}}}}})",
                     Quoted(request.method), Destination(request.workers), Quoted(request.ticket),
                     Quoted(request.reply_exchange), Quoted(request.reply_key));
}

std::string ControlEnvelope(const ControlRequest& request) {
  return fmt::format(
      R"({{"body": "{}", "content-encoding": "utf-8", "content-type": "application/json", )"
      R"("headers": {{"clock": 0, "expires": {:.3f}}}, "properties": {{"delivery_mode": 1, )"
      R"("delivery_info": {{"exchange": {}, "routing_key": ""}}, "priority": 0, )"
      R"("body_encoding": "base64", "delivery_tag": {}}}}})",
      EncodedBase64(ControlBody(request)), request.expires, Quoted(request.exchange),
      Quoted(request.ticket));
}

std::vector<WorkerReply> ReadControlReply(std::string_view method, std::string_view body) {
  const auto* const known = std::find_if(std::begin(kMethods), std::end(kMethods),
                                         [&](const Method& row) { return row.name == method; });
  return known == std::end(kMethods) ? std::vector<WorkerReply>() : ReadSound(*known, body);
}

std::string ReadControlError(std::string_view body) {
  const std::vector<WorkerReply> replies = ReadSound({"", ReadError}, body);
  return replies.empty() ? "" : replies.front().hostname;
}

}  // namespace collectors
