#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "collectors/clients/redis/redis_reply.h"

struct redisReader;

namespace collectors {

// The bounds on the replies to one pipeline; beyond them kLimit. An element takes 72 bytes of
// memory, and a string may be in memory twice.
struct ReplyBounds {
  std::size_t bytes = std::size_t{16} << 20;      // All replies, as they are sent.
  std::size_t elements = std::size_t{128} << 10;  // In all arrays together.
  // A line (a status, an error, a number or a length) that has not ended yet. hiredis scans all of
  // it again with each piece.
  std::size_t line = std::size_t{64} << 10;
};

struct ElementBudget {
  std::size_t left;
  bool is_spent = false;
};

// Turns bytes into replies, with hiredis. Uses no socket. The protocol (RESP2):
// https://redis.io/docs/latest/develop/reference/protocol-spec/
// Arrays nest at most eight deep, the outer one included. Refuses types that only RESP3 has: we
// never request RESP3 (HELLO 3).
class ReplyReader {
 public:
  explicit ReplyReader(ReplyBounds bounds = {});
  ~ReplyReader() = default;
  ReplyReader(const ReplyReader&) = delete;  // hiredis points into it.
  ReplyReader& operator=(const ReplyReader&) = delete;

  // Begins a new pipeline with its full bounds. Throws kProtocol if unread bytes are left: they
  // arrived without a request.
  void Begin();
  // Resets the bounds; only bytes that Next() has not returned yet count against them.
  void Renew();
  // Takes received bytes. Throws kLimit beyond the bound.
  void Feed(std::string_view bytes);
  // Returns the next complete reply, if there is one. Throws kProtocol for invalid bytes and kLimit
  // for replies that are too large; afterwards the reader must not be used.
  std::optional<RedisReply> Next();

 private:
  // Received bytes that are not a complete element yet. hiredis has already read its type.
  std::string_view Rest() const;
  // Refuses RESP3 types and too deep nesting before the element is complete.
  void CheckType() const;
  void CheckLine() const;
  // Refuses a string by its announced length, before its bytes arrive.
  void CheckAnnouncedLength() const;

  [[noreturn]] void RefuseSize() const;

  ReplyBounds bounds_;
  std::size_t bytes_left_;
  ElementBudget elements_;
  std::unique_ptr<redisReader, void (*)(redisReader*)> reader_;
};

}  // namespace collectors
