#include "exporter/page/page_view.h"

#include <algorithm>
#include <utility>

namespace exporter {

PageIndex::Chunks PageView::Update(std::size_t slot, const std::string& collector,
                                   const SlotFamilies& families) {
  if (!query_.collectors.empty() && !query_.collectors.contains(collector)) return {};
  SlotFamilies wanted = families;
  if (!query_.names.empty()) {
    std::erase_if(wanted, [this](const Published& published) {
      return !query_.names.contains(published.family->name());
    });
  }
  ++version_;
  for (const Published& published : wanted)
    next_expiry_ = std::min(next_expiry_, published.expires_at);
  return index_.Update(slot, wanted);
}

void PageView::Follow(std::size_t slot, const std::string& collector, const SlotFamilies& families,
                      std::uint64_t publication) {
  std::uint64_t& followed = followed_[slot];
  if (followed == publication) return;
  Update(slot, collector, families);
  followed = publication;
}

void PageView::Expire(SteadyTime now) {
  if (now < next_expiry_) return;
  if (index_.Expire(now)) ++version_;
  next_expiry_ = index_.NextExpiry();
}

void PageView::SetPage(std::shared_ptr<const Page> page, std::uint64_t version) {
  if (version != version_) return;
  page_ = std::move(page);
  made_of_ = version;
}

std::vector<Form> PageView::FormsInUse(SteadyTime now) const {
  std::vector<Form> used;
  for (const Form& form : kAllForms) {
    const auto& asked = asked_[form.index()];
    if (asked && now - *asked <= kInUse) used.push_back(form);
  }
  return used;
}

}  // namespace exporter
