#include "exporter/page/page_index.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "exporter/forms/open_metrics.h"

namespace exporter {
namespace {

// Families share a chunk up to this many lines. With more, a change would remake more; with fewer,
// there would be more pieces to send, and they would compress less well.
constexpr std::size_t kMostLines = 256;
// The average number of names between two boundaries.
constexpr std::size_t kNamesApart = 16;

// The names of a family's lines besides its own.
constexpr std::array<std::string_view, 3> kSuffixes = {"_bucket", "_count", "_sum"};
// The ending that OpenMetrics removes from a family's name.
constexpr std::array<std::string_view, 2> kEndings = {"_total", "_info"};

bool HasLinesNamed(FamilyType type, std::string_view suffix) {
  if (IsSimple(type)) return false;
  return suffix != "_bucket" || type != FamilyType::kSummary;
}

// Whether a chunk begins with this name. It depends on the name alone, so that a new neighbour
// moves no other boundary.
bool IsBoundary(std::string_view name) {
  return std::hash<std::string_view>()(name) % kNamesApart == 0;
}

std::size_t LinesOf(const Chunk::Member& member) {
  std::size_t lines = 0;
  for (const Chunk::Source& source : member.sources) lines += source.family->lines();
  return lines;
}

void Append(PageIndex::Chunks& chunks, PageIndex::Chunks more) {
  chunks.insert(chunks.end(), std::make_move_iterator(more.begin()),
                std::make_move_iterator(more.end()));
}

}  // namespace

const Family* PageIndex::FirstOf(std::string_view name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : found->second.sources.front().published.family.get();
}

bool PageIndex::IsShown(std::string_view name) const {
  if (reserved_.contains(std::string(name))) return false;
  for (const std::string_view suffix : kSuffixes) {
    if (!name.ends_with(suffix)) continue;
    const std::string_view base = name.substr(0, name.size() - suffix.size());
    const Family* family = FirstOf(base);
    if (family != nullptr && HasLinesNamed(family->type(), suffix) && IsShown(base)) return false;
  }
  return true;
}

Chunk::Member PageIndex::MemberOf(const std::string& name, const Entry& entry) const {
  Chunk::Member member;
  for (const Source& source : entry.sources)
    member.sources.push_back({source.slot, source.published.family});
  member.is_shown = IsShown(name);
  const std::string_view shorter = ShorterName(member.sources.front().family->type(), name);
  member.is_name_free = shorter.empty() || !entries_.contains(shorter);
  return member;
}

void PageIndex::Touch(std::string_view name, Names& touched) const {
  touched.emplace(name);
  const auto touch = [&](std::string_view suffix) {
    const std::string other = std::string(name) + std::string(suffix);
    if (entries_.contains(other) && !touched.contains(other)) Touch(other, touched);
  };
  for (const std::string_view suffix : kSuffixes) touch(suffix);
  for (const std::string_view ending : kEndings) touch(ending);
}

// Whether the shown families of this name have changed.
bool PageIndex::SetSources(const std::string& name, std::size_t slot,
                           const SlotFamilies& families) {
  Entry& entry = entries_[name];
  std::vector<Source> sources;
  const auto belongs = [slot](const Source& source) { return source.slot == slot; };
  for (const Source& source : entry.sources)
    if (source.slot < slot) sources.push_back(source);
  for (const Published& published : families) sources.push_back({slot, published});
  for (const Source& source : entry.sources)
    if (source.slot > slot) sources.push_back(source);
  const auto same = [](const Source& a, const Source& b) {
    return a.slot == b.slot && a.published.family == b.published.family;
  };
  const bool changed =
      !std::equal(sources.begin(), sources.end(), entry.sources.begin(), entry.sources.end(), same);
  entry.sources = std::move(sources);
  const bool has = std::any_of(entry.sources.begin(), entry.sources.end(), belongs);
  if (has) {
    names_[slot].insert(name);
  } else {
    names_[slot].erase(name);
  }
  if (entry.sources.empty()) entries_.erase(name);
  return changed;
}

PageIndex::Chunks PageIndex::Update(std::size_t slot, const SlotFamilies& families) {
  Names touched;
  Names gone = names_[slot];
  for (auto begin = families.begin(); begin != families.end();) {
    const std::string& name = begin->family->name();
    const auto end = std::find_if(begin, families.end(), [&name](const Published& published) {
      return published.family->name() != name;
    });
    gone.erase(name);
    if (SetSources(name, slot, {begin, end})) Touch(name, touched);
    begin = end;
  }
  for (const std::string& name : gone) {
    if (SetSources(name, slot, {})) Touch(name, touched);
  }
  return Rebuild(touched);
}

bool PageIndex::Expire(SteadyTime now) {
  Names touched;
  for (auto at = entries_.begin(); at != entries_.end();) {
    auto& [name, entry] = *at;
    const auto expired = std::erase_if(
        entry.sources, [now](const Source& source) { return source.published.expires_at <= now; });
    if (expired > 0) Touch(name, touched);
    at = entry.sources.empty() ? entries_.erase(at) : std::next(at);
  }
  Rebuild(touched);
  return !touched.empty();
}

SteadyTime PageIndex::NextExpiry() const {
  SteadyTime next = SteadyTime::max();
  for (const auto& [name, entry] : entries_)
    for (const Source& source : entry.sources) next = std::min(next, source.published.expires_at);
  return next;
}

PageIndex::Chunks PageIndex::AllChunks() const {
  Chunks all;
  all.reserve(chunks_.size());
  for (const auto& [name, chunk] : chunks_) all.push_back(chunk);
  return all;
}

// From the boundary before each changed name to the boundary after it.
PageIndex::Chunks PageIndex::Rebuild(const Names& touched) {
  Chunks fresh;
  auto done = entries_.cbegin();
  bool is_done = false;  // Whether everything before `done` is rebuilt.
  for (const std::string& name : touched) {
    auto end = entries_.upper_bound(name);
    if (is_done && (done == entries_.cend() || name < done->first)) continue;
    auto begin = entries_.lower_bound(name);
    if (begin != entries_.begin()) --begin;
    while (begin != entries_.begin() && !IsBoundary(begin->first)) --begin;
    while (end != entries_.end() && !IsBoundary(end->first)) ++end;
    Append(fresh, RebuildRange(begin, end));
    done = end;
    is_done = true;
  }
  return fresh;
}

std::shared_ptr<const Chunk> PageIndex::FindChunk(const std::string& name,
                                                  const std::vector<Chunk::Member>& members) const {
  const auto found = chunks_.find(name);
  return found != chunks_.end() && found->second->members() == members ? found->second : nullptr;
}

PageIndex::Chunks PageIndex::RebuildRange(Entries::const_iterator begin,
                                          Entries::const_iterator end) {
  const bool is_first = begin == entries_.cbegin();
  const auto from = is_first ? chunks_.begin() : chunks_.lower_bound(begin->first);
  const auto to = end == entries_.cend() ? chunks_.end() : chunks_.lower_bound(end->first);
  std::map<std::string, std::shared_ptr<const Chunk>, std::less<>> before;
  for (auto at = from; at != to;) before.insert(chunks_.extract(at++));
  Chunks fresh;
  std::vector<Chunk::Member> members;
  std::size_t lines = 0;  // Lines of the members.
  const auto flush = [&] {
    if (members.empty()) return;
    const std::string& name = members.front().sources.front().family->name();
    const auto known = before.find(name);
    const auto lent = donor_ == nullptr ? nullptr : donor_->FindChunk(name, members);
    if (known != before.end() && known->second->members() == members) {
      chunks_.insert(before.extract(known));
    } else if (lent != nullptr) {
      chunks_.insert_or_assign(name, lent);
    } else {
      fresh.push_back(std::make_shared<const Chunk>(std::move(members)));
      chunks_.insert_or_assign(name, fresh.back());
    }
    members.clear();
    lines = 0;
  };
  for (auto at = begin; at != end; ++at) {
    Chunk::Member member = MemberOf(at->first, at->second);
    const std::size_t more = LinesOf(member);
    if (lines + more > kMostLines || IsBoundary(at->first)) flush();
    lines += more;
    members.push_back(std::move(member));
  }
  flush();
  return fresh;
}

}  // namespace exporter
