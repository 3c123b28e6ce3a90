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

// All families that are shown at one time, by name. Immutable.
class Page {
 public:
  // Merges the families that several of the `slots` collectors share.
  Page(std::vector<std::shared_ptr<const Chunk>> chunks, std::size_t slots);

  // By slot: the lines shown, and those lost to an earlier slot.
  const std::vector<std::size_t>& series() const { return series_; }
  const std::vector<std::size_t>& duplicates() const { return duplicates_; }
  const std::vector<std::shared_ptr<const Chunk>>& chunks() const { return chunks_; }
  // Whether a sample has something that text lacks.
  bool has_extras() const { return has_extras_; }
  std::string Text() const;

  // All chunks in one form, made by the first thread that asks. It owns that form alone, so that a
  // slow reader keeps neither the families of an old page nor its other forms in memory.
  struct Joined {
    std::vector<std::shared_ptr<const Packed>> chunks;
    std::vector<std::string_view> pieces;  // Point into the chunks.
    GzipTrailer trailer;                   // Used by gzip.
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

// A page and its end, ready to be sent without being joined.
struct PageBody {
  std::vector<std::string_view> pieces;
  std::shared_ptr<const void> owner;  // Keeps the pieces alive.
};
// Renders the chunks that do not have the form yet. `tail` follows the page.
PageBody BodyOf(const std::shared_ptr<const Page>& page, Form form,
                const std::vector<Family>& tail);

std::string TextOf(const std::vector<Family>& families);

}  // namespace exporter
