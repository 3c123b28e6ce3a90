#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/deflate.h"
#include "exporter/snapshot.h"

namespace exporter {

// A stretch of the page: families of one snapshot that stand one after another
// on the page too, or one family merged out of several.
struct Piece {
  // What it was made of: snapshot and family, the first and the last of a
  // stretch or all of a merger. The snapshots are alive, so an address is one.
  using Key = std::vector<std::pair<std::shared_ptr<const Snapshot>, std::size_t>>;

  Key sources;
  std::string merged;  // Of a merger; a stretch points into its snapshot.
  std::string_view text;
  DeflatedBlock deflated;
};

// All collectors' families, by name, HELP and TYPE from the first collector in
// configuration order. Of series that two collectors export, and of families on
// whose type they disagree, the first collector's are kept. Immutable.
class Page {
 public:
  // `snapshots` by slot, null where there is none. `reserved` are names that
  // the page's tail has. Pieces that `previous` has as well are taken over;
  // only the others are compressed.
  Page(std::vector<std::shared_ptr<const Snapshot>> snapshots, SteadyTime now,
       const std::set<std::string>& reserved, const Page* previous);
  ~Page() = default;
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  // Until when it may be shown: then a family on it expires.
  SteadyTime valid_until() const { return valid_until_; }
  // By slot: the samples shown, and those lost to an earlier slot.
  const std::vector<std::size_t>& series() const { return series_; }
  const std::vector<std::size_t>& duplicates() const { return duplicates_; }
  const std::vector<std::shared_ptr<const Snapshot>>& snapshots() const { return snapshots_; }
  const std::vector<std::shared_ptr<const Piece>>& pieces() const { return pieces_; }
  std::string Text() const;

 private:
  struct Entry;
  using Group = std::vector<Entry>;

  std::vector<Entry> LiveEntries(SteadyTime now);
  void AddGroup(const Group& group, const Page* previous);
  void AddMerged(const Group& group, const Page* previous);
  void Lose(const Group& group);
  void EndStretch(const Page* previous);
  void AddPiece(Piece::Key key, const Page* previous, std::string merged);
  std::string Merge(const Group& group);

  std::vector<std::shared_ptr<const Snapshot>> snapshots_;
  SteadyTime valid_until_ = SteadyTime::max();
  std::vector<std::size_t> series_;
  std::vector<std::size_t> duplicates_;
  std::vector<std::shared_ptr<const Piece>> pieces_;
  std::map<Piece::Key, std::shared_ptr<const Piece>> by_key_;
  Piece::Key stretch_;  // Being gathered: its first and its last family.
};

// A page and what follows it, ready to be sent without being joined.
struct PageBody {
  std::vector<std::string_view> pieces;
  std::shared_ptr<const void> owner;  // Keeps the pieces alive.
};
PageBody PlainBody(std::shared_ptr<const Page> page, std::string tail);
PageBody GzipBody(std::shared_ptr<const Page> page, std::string_view tail);

}  // namespace exporter
