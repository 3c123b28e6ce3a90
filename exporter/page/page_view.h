#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "exporter/forms/forms.h"
#include "exporter/page/page_index.h"

namespace exporter {

// The collectors and names that a client asks for; an empty set means all.
struct PageQuery {
  std::set<std::string> collectors;
  std::set<std::string> names;  // Of families.
  auto operator<=>(const PageQuery&) const = default;
};

// The page of one query, kept up to date while clients ask for it. One thread at a time.
class PageView {
 public:
  // `whole`, if any, lends its chunks; it must outlive the view.
  PageView(PageQuery query, std::set<std::string> reserved, const PageView* whole = nullptr)
      : query_(std::move(query)),
        index_(std::move(reserved), whole == nullptr ? nullptr : &whole->index_) {}

  const PageQuery& query() const { return query_; }
  // Takes over the published families of the collector's slot. Returns the new chunks.
  PageIndex::Chunks Update(std::size_t slot, const std::string& collector,
                           const SlotFamilies& families);
  // The same, unless it has seen this publication.
  void Follow(std::size_t slot, const std::string& collector, const SlotFamilies& families,
              std::uint64_t publication);
  bool Has(std::string_view name) const { return index_.Has(name); }
  // Removes expired families.
  void Expire(SteadyTime now);

  // Changes with each change of the page.
  std::uint64_t version() const { return version_; }
  // The chunks of the page in this version.
  PageIndex::Chunks chunks() const { return index_.AllChunks(); }
  // The page; null if it is not made in this version.
  std::shared_ptr<const Page> page() const { return made_of_ == version_ ? page_ : nullptr; }
  void SetPage(std::shared_ptr<const Page> page, std::uint64_t version);

  void Asked(SteadyTime now) { last_asked_ = now; }
  void Asked(Form form, SteadyTime now) { asked_[form.index()] = now; }
  SteadyTime last_asked() const { return last_asked_; }
  // The forms that clients asked for in the last five minutes; they are prepared.
  std::vector<Form> FormsInUse(SteadyTime now) const;

 private:
  PageQuery query_;
  PageIndex index_;
  SteadyTime next_expiry_ = SteadyTime::max();  // Nothing expires before this.
  std::map<std::size_t, std::uint64_t>
      followed_;  // The last publication that it took over, by slot.
  std::uint64_t version_ = 1;
  std::uint64_t made_of_ = 0;
  std::shared_ptr<const Page> page_;
  SteadyTime last_asked_ = SteadyTime::min();
  std::array<std::optional<SteadyTime>, kForms> asked_;
};

inline constexpr std::chrono::minutes kInUse{5};

}  // namespace exporter
