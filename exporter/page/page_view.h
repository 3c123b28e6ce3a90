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

// What somebody wants to see; an empty set is everything.
struct PageQuery {
  std::set<std::string> collectors;
  std::set<std::string> names;  // Of families.
  auto operator<=>(const PageQuery&) const = default;
};

// The page of one query, kept up to date while it is asked for. Not safe from
// several threads.
class PageView {
 public:
  // `whole`, if there is one, lends its chunks; it lives longer.
  PageView(PageQuery query, std::set<std::string> reserved, const PageView* whole = nullptr)
      : query_(std::move(query)),
        index_(std::move(reserved), whole == nullptr ? nullptr : &whole->index_) {}

  const PageQuery& query() const { return query_; }
  // Takes over what the slot of that collector shows now. Returns the new chunks.
  PageIndex::Chunks Update(std::size_t slot, const std::string& collector,
                           const SlotFamilies& families);
  // The same, unless it has seen that publication.
  void Follow(std::size_t slot, const std::string& collector, const SlotFamilies& families,
              std::uint64_t publication);
  bool Has(std::string_view name) const { return index_.Has(name); }
  // Takes out what has expired.
  void Expire(SteadyTime now);

  // Changes with each change of what is shown.
  std::uint64_t version() const { return version_; }
  // What the page of this version is made of.
  PageIndex::Chunks chunks() const { return index_.AllChunks(); }
  // The page, if it has been made of this version.
  std::shared_ptr<const Page> page() const { return made_of_ == version_ ? page_ : nullptr; }
  void SetPage(std::shared_ptr<const Page> page, std::uint64_t version);

  void Asked(SteadyTime now) { last_asked_ = now; }
  void Asked(Form form, SteadyTime now) { asked_[form.index()] = now; }
  SteadyTime last_asked() const { return last_asked_; }
  // The forms that somebody asked for in the last five minutes: they are prepared.
  std::vector<Form> FormsInUse(SteadyTime now) const;

 private:
  PageQuery query_;
  PageIndex index_;
  SteadyTime next_expiry_ = SteadyTime::max();     // Nothing expires before it.
  std::map<std::size_t, std::uint64_t> followed_;  // The publication that was seen, by slot.
  std::uint64_t version_ = 1;
  std::uint64_t made_of_ = 0;
  std::shared_ptr<const Page> page_;
  SteadyTime last_asked_ = SteadyTime::min();
  std::array<std::optional<SteadyTime>, kForms> asked_;
};

inline constexpr std::chrono::minutes kInUse{5};

}  // namespace exporter
