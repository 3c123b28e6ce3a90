#include "exporter/page/chunk.h"

#include <algorithm>
#include <utility>

#include "exporter/forms/exposition.h"
#include "exporter/forms/open_metrics.h"
#include "exporter/forms/protobuf.h"
#include "exporter/labels/series_index.h"

namespace exporter {

bool Chunk::IsShared() const {
  const std::size_t first = members_.front().sources.front().slot;
  return std::any_of(members_.begin(), members_.end(), [first](const Member& member) {
    return std::any_of(member.sources.begin(), member.sources.end(),
                       [first](const Source& source) { return source.slot != first; });
  });
}

bool Chunk::HasExtras() const {
  return std::any_of(members_.begin(), members_.end(), [](const Member& member) {
    return std::any_of(member.sources.begin(), member.sources.end(),
                       [](const Source& source) { return source.family->has_extras(); });
  });
}

const Chunk::Merged& Chunk::Merge() const {
  std::call_once(merge_once_, [this] {
    Merged merged;
    for (const Member& member : members_) MergeMember(member, merged);
    merged_ = std::move(merged);
  });
  return merged_;
}

void Chunk::MergeMember(const Member& member, Merged& merged) const {
  auto& counts = merged.counts;
  if (!member.is_shown) {
    merged.families.emplace_back();
    for (const Source& source : member.sources)
      counts.push_back({source.slot, 0, source.family->lines()});
    return;
  }
  const Source& first = member.sources.front();
  if (member.sources.size() == 1) {
    merged.families.push_back(first.family);
    counts.push_back({first.slot, first.family->lines(), 0});
    return;
  }
  const Family& like = *first.family;
  auto made = std::make_shared<Family>(like.type(), like.name(), like.help(), like.unit());
  SeriesIndex seen;
  std::vector<LabelView> labels;
  for (const auto& [slot, family] : member.sources) {
    const std::size_t before = made->lines();
    for (std::size_t i = 0; i < family->size() && family->type() == like.type(); ++i) {
      family->LabelsAt(i, labels);
      if (seen.Insert(labels, *made, made->size())) made->AddCopy(labels, *family, i);
    }
    const std::size_t shown = made->lines() - before;
    counts.push_back({slot, shown, family->lines() - shown});
  }
  made->Freeze();
  merged.families.push_back(std::move(made));
}

const std::vector<Chunk::Count>& Chunk::Counts() const { return Merge().counts; }

std::string Chunk::Render(Format format) const {
  const Merged& merged = Merge();
  std::string text;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (merged.families[i] == nullptr) continue;
    const Family& family = *merged.families[i];
    if (format == Format::kOpenMetrics) {
      AppendOpenMetrics(text, family, members_[i].is_name_free);
    } else if (format == Format::kProtobuf) {
      AppendProtobuf(text, family);
    } else {
      AppendText(text, family);
    }
  }
  return text;
}

std::shared_ptr<const Packed> Chunk::Get(Form form) const {
  const std::size_t index = form.index();
  std::call_once(once_[index], [&] {
    forms_[index] = std::make_shared<const Packed>(Pack(form.coding, Render(form.format)));
    is_made_[index] = true;
  });
  return forms_[index];
}

}  // namespace exporter
