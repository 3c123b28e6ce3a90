#include "exporter/page.h"

#include <algorithm>
#include <tuple>
#include <unordered_set>

namespace exporter {
namespace {

using prometheus::MetricType;

// The names that a family's lines have besides its own.
std::vector<std::string> DerivedNames(const std::string& name, MetricType type) {
  if (type == MetricType::Histogram) return {name + "_bucket", name + "_count", name + "_sum"};
  if (type == MetricType::Summary) return {name + "_count", name + "_sum"};
  return {};
}

// Takes the lines of one metric off the front of `samples`. A histogram's or a
// summary's end with _count, the others have one line.
std::string_view TakeMetric(std::string_view& samples, const std::string& name, MetricType type) {
  const bool simple = type != MetricType::Histogram && type != MetricType::Summary;
  const std::string last = name + "_count";
  std::size_t begin = 0;
  std::size_t end = samples.find('\n') + 1;
  const auto is_last = [&] {
    const std::string_view line = samples.substr(begin, end - begin);
    return simple || (line.starts_with(last) && line.find_first_of("{ ") == last.size());
  };
  while (!is_last() && end < samples.size()) {
    begin = end;
    end = samples.find('\n', begin) + 1;
  }
  const std::string_view metric = samples.substr(0, end);
  samples.remove_prefix(end);
  return metric;
}

// An empty label is no label to Prometheus. In escaped text `=""` is nothing else.
void EraseEmptyLabels(std::string& series) {
  for (std::size_t at = 0; (at = series.find("=\"\"", at)) != std::string::npos;) {
    const std::size_t name = series.find_last_of("{,", at) + 1;
    const std::size_t after = at + 3;
    if (series[after] == ',') {
      series.erase(name, after + 1 - name);
    } else if (series[name - 1] == ',') {
      series.erase(name - 1, after + 1 - name);
    } else {
      series.resize(name - 1);  // It was the only one.
    }
    at = name - 1;
  }
}

// A metric's last line without its value: its series, whatever its type.
std::string SeriesOf(std::string_view metric) {
  const std::size_t before_last = metric.rfind('\n', metric.size() - 2);
  const std::size_t begin = before_last == std::string_view::npos ? 0 : before_last + 1;
  const std::string_view line = metric.substr(begin);
  std::string series(line.substr(0, line.rfind(' ')));
  EraseEmptyLabels(series);
  return series;
}

std::size_t LineCount(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

struct Page::Entry {
  std::size_t slot;
  std::size_t index;  // Among the snapshot's families.
  const Snapshot::Span* span;
};

Page::Page(std::vector<std::shared_ptr<const Snapshot>> snapshots, SteadyTime now,
           const std::set<std::string>& reserved, const Page* previous)
    : snapshots_(std::move(snapshots)), series_(snapshots_.size()), duplicates_(snapshots_.size()) {
  const std::vector<Entry> entries = LiveEntries(now);
  std::set<std::string> taken = reserved;
  for (auto begin = entries.begin(); begin != entries.end();) {
    const std::string& name = begin->span->name;
    const auto end = std::find_if(begin, entries.end(),
                                  [&name](const Entry& entry) { return entry.span->name != name; });
    const Group group(begin, end);
    if (taken.contains(name)) {
      Lose(group);
    } else {
      // A name comes before those that start with it, so these are still to come.
      for (std::string& derived : DerivedNames(name, begin->span->type))
        taken.insert(std::move(derived));
      AddGroup(group, previous);
    }
    begin = end;
  }
  EndStretch(previous);
}

std::vector<Page::Entry> Page::LiveEntries(SteadyTime now) {
  std::vector<Entry> entries;
  for (std::size_t slot = 0; slot < snapshots_.size(); ++slot) {
    if (snapshots_[slot] == nullptr) continue;
    const auto& families = snapshots_[slot]->families;
    for (std::size_t i = 0; i < families.size(); ++i) {
      if (families[i].expires_at <= now) continue;
      valid_until_ = std::min(valid_until_, families[i].expires_at);
      entries.push_back({slot, i, &families[i]});
    }
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.span->name, a.slot, a.index) < std::tie(b.span->name, b.slot, b.index);
  });
  return entries;
}

void Page::Lose(const Group& group) {
  for (const Entry& entry : group) duplicates_[entry.slot] += entry.span->series;
}

void Page::AddGroup(const Group& group, const Page* previous) {
  if (group.size() > 1) return AddMerged(group, previous);
  const Entry& entry = group.front();
  const auto& snapshot = snapshots_[entry.slot];
  const bool continues = !stretch_.empty() && stretch_.back().first == snapshot &&
                         stretch_.back().second + 1 == entry.index;
  if (!continues) {
    EndStretch(previous);
    stretch_.assign(2, {snapshot, entry.index});
  }
  stretch_.back().second = entry.index;
  series_[entry.slot] += entry.span->series;
}

void Page::EndStretch(const Page* previous) {
  if (!stretch_.empty()) AddPiece(std::exchange(stretch_, {}), previous, "");
}

void Page::AddMerged(const Group& group, const Page* previous) {
  EndStretch(previous);
  Piece::Key key;
  for (const Entry& entry : group) key.emplace_back(snapshots_[entry.slot], entry.index);
  std::string merged = Merge(group);  // Counts what is lost, so done each time.
  AddPiece(std::move(key), previous, std::move(merged));
}

std::string Page::Merge(const Group& group) {
  const MetricType type = group.front().span->type;
  std::string text(snapshots_[group.front().slot]->Header(*group.front().span));
  std::unordered_set<std::string> seen;
  for (const Entry& entry : group) {
    std::string_view samples = snapshots_[entry.slot]->Samples(*entry.span);
    while (!samples.empty() && entry.span->type == type) {
      const std::string_view metric = TakeMetric(samples, entry.span->name, type);
      const std::size_t lines = LineCount(metric);
      const bool fresh = seen.insert(SeriesOf(metric)).second;
      (fresh ? series_ : duplicates_)[entry.slot] += lines;
      if (fresh) text += metric;
    }
    duplicates_[entry.slot] += LineCount(samples);
  }
  return text;
}

void Page::AddPiece(Piece::Key key, const Page* previous, std::string merged) {
  std::shared_ptr<const Piece> piece;
  if (previous != nullptr) {
    if (const auto found = previous->by_key_.find(key); found != previous->by_key_.end())
      piece = found->second;
  }
  if (piece == nullptr) {
    auto made = std::make_shared<Piece>();
    made->sources = key;
    made->merged = std::move(merged);
    const Snapshot& snapshot = *key.front().first;
    const std::size_t begin = snapshot.families[key.front().second].begin;
    made->text = made->merged.empty()
                     ? std::string_view(snapshot.text)
                           .substr(begin, snapshot.families[key.back().second].end - begin)
                     : std::string_view(made->merged);
    made->deflated = Deflate(made->text);
    piece = std::move(made);
  }
  pieces_.push_back(piece);
  by_key_.emplace(std::move(key), std::move(piece));
}

std::string Page::Text() const {
  std::string text;
  for (const auto& piece : pieces_) text += piece->text;
  return text;
}

PageBody PlainBody(std::shared_ptr<const Page> page, std::string tail) {
  const auto owner = std::make_shared<const std::pair<std::shared_ptr<const Page>, std::string>>(
      std::move(page), std::move(tail));
  PageBody body;
  for (const auto& piece : owner->first->pieces()) body.pieces.push_back(piece->text);
  body.pieces.push_back(owner->second);
  body.owner = owner;
  return body;
}

PageBody GzipBody(std::shared_ptr<const Page> page, std::string_view tail) {
  DeflatedBlock last = Deflate(tail);
  GzipTrailer trailer;
  for (const auto& piece : page->pieces()) trailer.Add(piece->deflated);
  trailer.Add(last);
  last.bytes += trailer.Finish();
  const auto owner = std::make_shared<const std::pair<std::shared_ptr<const Page>, std::string>>(
      std::move(page), std::move(last.bytes));
  PageBody body;
  body.pieces.push_back(kGzipHeader);
  for (const auto& piece : owner->first->pieces()) body.pieces.push_back(piece->deflated.bytes);
  body.pieces.push_back(owner->second);
  body.owner = owner;
  return body;
}

}  // namespace exporter
