#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/forms/deflate.h"
#include "exporter/page/chunk.h"

namespace exporter {

// All that is shown at one moment of what collectors found, by name. Immutable.
class Page {
 public:
  // Merges the families that several of the `slots` collectors share.
  Page(std::vector<std::shared_ptr<const Chunk>> chunks, std::size_t slots);

  // By slot: the lines shown, and those lost to an earlier slot.
  const std::vector<std::size_t>& series() const { return series_; }
  const std::vector<std::size_t>& duplicates() const { return duplicates_; }
  const std::vector<std::shared_ptr<const Chunk>>& chunks() const { return chunks_; }
  // Whether text lacks something that a sample has.
  bool has_extras() const { return has_extras_; }
  std::string Text() const;

  // All chunks in a form, made by the first who asks. Keeps that form alone: a slow reader keeps
  // neither the families of an old page nor its other forms.
  struct Joined {
    std::vector<std::shared_ptr<const Packed>> chunks;
    std::vector<std::string_view> pieces;  // Point into them.
    GzipTrailer trailer;                   // Of gzip.
  };
  std::shared_ptr<const Joined> Get(Form form) const;

 private:
  std::vector<std::shared_ptr<const Chunk>> chunks_;
  std::vector<std::size_t> series_;
  std::vector<std::size_t> duplicates_;
  bool has_extras_;
  mutable std::array<std::once_flag, kForms> once_;
  mutable std::array<std::shared_ptr<const Joined>, kForms> joined_;
};

// A page and what follows it, ready to be sent without being joined.
struct PageBody {
  std::vector<std::string_view> pieces;
  std::shared_ptr<const void> owner;  // Keeps the pieces alive.
};
// Makes what the page has not in that form yet. `tail` follows the page.
PageBody BodyOf(const std::shared_ptr<const Page>& page, Form form,
                const std::vector<Family>& tail);

std::string TextOf(const std::vector<Family>& families);

}  // namespace exporter
