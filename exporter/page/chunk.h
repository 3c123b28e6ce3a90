#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "exporter/forms/forms.h"
#include "exporter/seam/family.h"

namespace exporter {

// Families that stand one after another on a page, rendered and packed together:
// one large family, or several small ones. What it holds never changes; its forms
// are made once each, by the first who asks, while others who ask for the same
// wait. Safe from any thread.
class Chunk {
 public:
  // A collector's samples of one name.
  struct Source {
    std::size_t slot;
    std::shared_ptr<const Family> family;
    bool operator==(const Source&) const = default;
  };
  // All that the page has of one name, by slot: HELP and TYPE are the first one's; of
  // series that two have, the first one's are shown, and samples of another type are not.
  struct Member {
    std::vector<Source> sources;
    bool is_shown = true;      // Else its name is another family's.
    bool is_name_free = true;  // For AppendOpenMetrics.
    bool operator==(const Member&) const = default;
  };
  // Lines of one slot: on the page, and lost to an earlier slot or another family.
  struct Count {
    std::size_t slot;
    std::size_t series;
    std::size_t duplicates;
  };

  explicit Chunk(std::vector<Member> members) : members_(std::move(members)) {}

  const std::vector<Member>& members() const { return members_; }
  // Whether several collectors have part in it, so that it changes more often than
  // each of them publishes.
  bool IsShared() const;
  // Whether text lacks something that a sample has.
  bool HasExtras() const;
  // Merges what several slots share, if nobody has yet.
  const std::vector<Count>& Counts() const;
  std::shared_ptr<const Packed> Get(Form form) const;
  bool Has(Form form) const { return is_made_[form.index()]; }

 private:
  struct Merged {
    std::vector<std::shared_ptr<const Family>> families;  // By member; null if it is not shown.
    std::vector<Count> counts;
  };

  const Merged& Merge() const;
  void MergeMember(const Member& member, Merged& merged) const;
  std::string Render(Format format) const;

  const std::vector<Member> members_;
  mutable std::once_flag merge_once_;
  mutable Merged merged_;
  mutable std::array<std::once_flag, kForms> once_;
  mutable std::array<std::shared_ptr<const Packed>, kForms> forms_;
  mutable std::array<std::atomic<bool>, kForms> is_made_{};
};

}  // namespace exporter
