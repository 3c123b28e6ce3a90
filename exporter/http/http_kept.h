#pragma once

#include <cstddef>
#include <map>
#include <string_view>
#include <unordered_map>

#include "exporter/http/http_unsent.h"

namespace exporter {

// The memory that unsent answers keep alive. Pages share pieces and answers share pages, so a piece
// counts once, however many answers wait for it.
class HttpKept {
 public:
  void Add(const HttpUnsent& answer);
  void Remove(const HttpUnsent& answer);  // `answer` was added before.
  // The bytes that they keep, without the largest answer: that one may be the published page, which
  // is in memory anyway.
  std::size_t Bytes() const;

 private:
  struct Piece {
    std::size_t answers = 0;
    std::size_t bytes = 0;
  };

  std::unordered_map<const char*, Piece> pieces_;  // By address.
  std::map<std::size_t, std::size_t>
      sizes_;  // The sizes of the answers, and how many have this size.
  std::size_t bytes_ = 0;
};

}  // namespace exporter
