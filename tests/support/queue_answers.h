#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/queue/systems/queue_reply.h"
#include "collectors/queue/systems/queue_system.h"
#include "collectors/queue/systems/queue_systems.h"

// Replies of a Redis about queues, and what a system makes of them, as one line.
namespace collectors::queue_answers {

using Type = RedisReply::Type;
using Replies = std::vector<RedisReply>;

// 2023-11-14T22:13:20.250Z
inline constexpr QueueTime kNow{std::chrono::milliseconds(1'700'000'000'250)};

inline const QueueSystem& System(std::string_view name) {
  for (const QueueSystem& system : QueueSystems()) {
    if (system.name == name) return system;
  }
  FAIL("no such system");
  return QueueSystems().front();
}

inline RedisReply N(long long value) { return {Type::kInteger, "", value, {}}; }
inline RedisReply T(const std::string& text) { return {Type::kString, text, 0, {}}; }
inline RedisReply Error(const std::string& text) { return {Type::kError, text, 0, {}}; }
inline RedisReply A(Replies items) { return {Type::kArray, "", 0, std::move(items)}; }
inline RedisReply Nil() { return {}; }
// To XINFO STREAM.
inline RedisReply StreamOf(long long length) { return A({T("length"), N(length)}); }

inline std::string Number(double value) { return std::to_string(std::llround(value * 1000)); }

// "mails lag=1000/5000 waiting=3000 age=2500 going | mails:1000 ! limit": an answer as one line, in
// thousandths.
inline std::string Line(const QueueAnswer& answer) {
  std::string line;
  for (const QueueState& state : answer.states) {
    line += state.queue;
    if (state.place && state.place->lag) {
      line += " lag=" + Number(*state.place->lag) + "/" + Number(state.place->length);
    }
    for (const QueueDepth& row : state.depths) {
      line += " " + std::string(row.state) + "=" + Number(row.depth);
    }
    if (state.oldest_age_seconds) line += " age=" + Number(*state.oldest_age_seconds);
    if (state.consumers) line += " consumers=" + Number(*state.consumers);
    if (state.paused) line += *state.paused ? " paused" : " going";
  }
  if (answer.consumers) {
    line += " |";
    for (const auto& [queue, count] : *answer.consumers) line += " " + queue + ":" + Number(count);
  }
  for (const exporter::CollectError& problem : answer.problems) {
    line += " ! " + std::string(Name(problem.kind()));
  }
  return line;
}

// What the question makes of the first replies and of those to what they ask for, the
// oldest id and entry last.
inline std::string Read(const QueueTarget& target, const QueueQuestion& question, Replies replies,
                        const Replies& more = {}) {
  REQUIRE(question.commands(target, kNow).size() == replies.size());
  auto next = more.begin();
  const auto take = [&](std::size_t count) {
    REQUIRE(more.end() - next >= static_cast<std::ptrdiff_t>(count));
    const auto end = next + static_cast<std::ptrdiff_t>(count);
    replies.insert(replies.end(), next, end);
    next = end;
  };
  if (question.more != nullptr) take(question.more(target, replies, kNow).size());
  if (question.id != nullptr) take(1);
  if (question.entry != nullptr) take(question.entry(target, replies, kNow).empty() ? 0 : 1);
  REQUIRE(next == more.end());
  return Line(question.read(target, replies, kNow));
}

}  // namespace collectors::queue_answers
