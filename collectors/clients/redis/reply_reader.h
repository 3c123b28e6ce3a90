#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "collectors/clients/redis/redis_reply.h"

struct redisReader;

namespace collectors {

// Bounds on what one pipeline may be answered with. Beyond them it is kLimit. An
// element takes 72 bytes of memory, and a string may be there twice.
struct ReplyBounds {
  std::size_t bytes = std::size_t{16} << 20;      // All replies as they are sent.
  std::size_t elements = std::size_t{128} << 10;  // Of all arrays together.
  // Of what ends with a line break (a status, an error, a number, a length) while
  // its end has not come. hiredis looks through all of it again with each piece.
  std::size_t line = std::size_t{64} << 10;
};

struct ElementBudget {
  std::size_t left;
  bool is_spent = false;
};

// Bytes to replies, by hiredis. Holds no socket. The protocol (RESP2):
// https://redis.io/docs/latest/develop/reference/protocol-spec/
// Arrays nest at most eight deep, the outer one counted. What RESP3 alone has is
// refused: nobody asked for it (HELLO 3).
class ReplyReader {
 public:
  explicit ReplyReader(ReplyBounds bounds = {});
  ~ReplyReader() = default;
  ReplyReader(const ReplyReader&) = delete;  // hiredis points into it.
  ReplyReader& operator=(const ReplyReader&) = delete;

  // Begins a new pipeline: nothing counts against the bounds yet. Throws
  // kProtocol where bytes came that nobody asked for.
  void Begin();
  // The bounds begin anew for what has not been taken by Next().
  void Renew();
  // Takes bytes as they came. Throws kLimit beyond the bound.
  void Feed(std::string_view bytes);
  // The next whole reply, if there is one. Throws kProtocol for what is no
  // reply and kLimit for what is too large; the reader is of no use then.
  std::optional<RedisReply> Next();

 private:
  // What has come and is no whole element yet; hiredis has read its type.
  std::string_view Rest() const;
  // Refuses what RESP3 alone has, or nests too deep, before it is whole.
  void CheckType() const;
  // Refuses a line that does not end.
  void CheckLine() const;
  // Refuses a string by its announced length, before its bytes come.
  void CheckAnnouncedLength() const;

  [[noreturn]] void RefuseSize() const;

  ReplyBounds bounds_;
  std::size_t bytes_left_;
  ElementBudget elements_;
  std::unique_ptr<redisReader, void (*)(redisReader*)> reader_;
};

}  // namespace collectors
