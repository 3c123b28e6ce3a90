#include "exporter/http/http_kept.h"

#include <algorithm>

namespace exporter {

void HttpKept::Add(const HttpUnsent& answer) {
  ++sizes_[answer.size()];
  bytes_ += answer.OwnBytes();
  for (const std::string_view piece : answer.body()) {
    Piece& known = pieces_[piece.data()];
    ++known.answers;
    // Two pages may split one text differently.
    if (piece.size() <= known.bytes) continue;
    bytes_ += piece.size() - known.bytes;
    known.bytes = piece.size();
  }
}

void HttpKept::Remove(const HttpUnsent& answer) {
  if (const auto found = sizes_.find(answer.size()); --found->second == 0) sizes_.erase(found);
  bytes_ -= answer.OwnBytes();
  for (const std::string_view piece : answer.body()) {
    const auto found = pieces_.find(piece.data());
    if (--found->second.answers > 0) continue;
    bytes_ -= found->second.bytes;
    pieces_.erase(found);
  }
}

std::size_t HttpKept::Bytes() const {
  const std::size_t largest = sizes_.empty() ? 0 : sizes_.rbegin()->first;
  return bytes_ - std::min(bytes_, largest);
}

}  // namespace exporter
