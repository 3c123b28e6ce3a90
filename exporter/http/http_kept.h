#pragma once

#include <cstddef>
#include <map>
#include <string_view>
#include <unordered_map>

#include "exporter/http/http_unsent.h"

namespace exporter {

// The memory that answers on their way keep alive. Pages share pieces, and
// answers share pages, so that a piece counts once, however many wait for it.
class HttpKept {
 public:
  void Add(const HttpUnsent& answer);
  void Remove(const HttpUnsent& answer);  // One that was added.
  // What they keep besides the largest of them: this one may be the page that is
  // published now, which is there in any case.
  std::size_t Bytes() const;

 private:
  struct Piece {
    std::size_t answers = 0;
    std::size_t bytes = 0;
  };

  std::unordered_map<const char*, Piece> pieces_;  // By where they are.
  std::map<std::size_t, std::size_t> sizes_;       // Of the answers, and how many have this.
  std::size_t bytes_ = 0;
};

}  // namespace exporter
