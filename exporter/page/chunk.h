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

// Consecutive families of a page that are rendered and compressed together: one large family, or
// several small ones. Its contents never change. Each form is made once, by the first thread that
// asks; other threads that ask for it wait. Safe from any thread.
class Chunk {
 public:
  // The samples of one name of one collector.
  struct Source {
    std::size_t slot;
    std::shared_ptr<const Family> family;
    bool operator==(const Source&) const = default;
  };
  // All samples of one name on the page, by slot. HELP and TYPE are those of the first slot. Of
  // equal series, the first slot's is shown. Samples of another type are not shown.
  struct Member {
    std::vector<Source> sources;
    bool is_shown = true;      // False if the name belongs to another family.
    bool is_name_free = true;  // For AppendOpenMetrics.
    bool operator==(const Member&) const = default;
  };
  // Lines of one slot: those on the page, and those lost to an earlier slot or another family.
  struct Count {
    std::size_t slot;
    std::size_t series;
    std::size_t duplicates;
  };

  explicit Chunk(std::vector<Member> members) : members_(std::move(members)) {}

  const std::vector<Member>& members() const { return members_; }
  // Whether several collectors contribute. Such a chunk changes more often than each of them
  // publishes.
  bool IsShared() const;
  // Whether a sample has something that text lacks.
  bool HasExtras() const;
  // Merges the families that several slots share, if that is not done yet.
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
