#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/clients/redis/redis_session.h"
#include "collectors/redis/keys/key_entry.h"
#include "exporter/seam/collector.h"

namespace collectors {

// The number in a string: decimal, as INCR and INCRBYFLOAT write it, or with an
// exponent ("-5", "3.25", "1e3"). No spaces, no +5, no hex, nan or infinity.
std::optional<double> KeyNumber(std::string_view text);

// What went wrong with the keys of one entry in a collection: the first of each
// kind, since ten thousand keys may fail alike.
using KeyTroubles = std::map<exporter::ErrorKind, std::string>;

// What can be asked about a key.
enum class KeyQuestion : std::uint8_t {
  kExists,
  kType,
  kRange,   // The first bytes of a string.
  kStrLen,  // Before a string is fetched that might be huge; and how long one is.
  kGet,
  kSize,  // By the type's own command.
  kMemory,
  kFieldLen,
  kField,
};

enum class KeyState : std::uint8_t {
  kUnknown,  // The server did not say.
  kThere,
  kGone,
  kUnfit,  // There, and not what the entry is after: no number, too long, no hash.
};

// What a collection found of a key. The numbers are those its entry is after.
struct KeyFacts {
  KeyState state = KeyState::kUnknown;
  std::optional<double> size;
  std::optional<double> number;
  std::optional<double> memory;
};

struct KeyShape;  // What TYPE told; key_probe.cc.

// Finds out about one key, in as few rounds of questions as can be: what it
// learned of its type and length lasts until an answer disagrees. No value of a
// key is kept but numbers. Pure; the entry must outlive it.
class KeyProbe {
 public:
  KeyProbe(const KeyEntry& entry, std::string key) : entry_(&entry), key_(std::move(key)) {}

  const std::string& key() const { return key_; }
  const KeyFacts& facts() const { return facts_; }

  // Begins a collection: nothing is found yet.
  void Begin(KeyTroubles& troubles);
  // What is still to be asked, in this order; empty when all is known.
  std::vector<KeyQuestion> Open() const;
  RedisCommand CommandOf(KeyQuestion question) const;
  // Takes the answers to Open(), one by one in its order.
  void Take(KeyQuestion question, const RedisReply& reply, KeyTroubles& troubles);

  // Instead of Take: the answer to a GET is not certain, as others were asked with it.
  void AskApart(const RedisReply& reply);
  // Whether its GET is to be asked alone: since the last answer that was not certain, and
  // until it has a value.
  bool is_apart() const { return is_apart_; }

  // Whether the last collection found no such key, or not what is wanted: then a
  // walk that finds it makes it worth another look.
  bool is_odd() const { return facts_.state == KeyState::kGone || fetch_ == Fetch::kNever; }
  // Learns type and length anew.
  void Distrust();

 private:
  // Whether a string or a field may be fetched whole.
  enum class Fetch : std::uint8_t { kUnchecked, kSmall, kNever };
  // Why a key is of no use; words that last.
  struct Reason {
    exporter::ErrorKind kind;
    std::string_view words;
  };

  std::vector<KeyQuestion> OpenWhole(KeyQuestion length, KeyQuestion whole) const;
  std::vector<KeyQuestion> OpenSize() const;
  void TakeError(const std::string& text, KeyQuestion question, KeyTroubles& troubles);
  void TakeWrongType(KeyTroubles& troubles);
  void TakeType(const std::string& name, KeyTroubles& troubles);
  void TakeRange(const std::string& text, KeyTroubles& troubles);
  void TakeStart(const std::string& text);
  void TakeSize(long long size);
  void TakeLength(long long length, KeyTroubles& troubles);
  void TakeWhole(const RedisReply& reply, KeyTroubles& troubles);
  void TakeNumber(const std::string& text, KeyTroubles& troubles);
  void TakeMemory(const RedisReply& reply);

  void Found() { facts_.state = KeyState::kThere; }
  void Gone();
  void Unfit(Reason reason, KeyTroubles& troubles);
  void UnfitForLong(Reason reason, KeyTroubles& troubles);
  void Fail(exporter::ErrorKind kind, std::string_view words, KeyTroubles& troubles);
  void Note(exporter::ErrorKind kind, std::string_view words, KeyTroubles& troubles) const;

  const KeyEntry* entry_;
  std::string key_;

  // Of this collection.
  KeyFacts facts_;
  bool is_failed_ = false;        // An answer was an error.
  bool is_memory_known_ = false;  // Or cannot be.
  bool saw_empty_ = false;        // A size of 0, which a missing key has too.
  bool saw_wrong_type_ = false;

  // Learned.
  const KeyShape* shape_ = nullptr;  // Null until TYPE is answered.
  Fetch fetch_ = Fetch::kUnchecked;
  std::optional<Reason> never_;  // Of Fetch::kNever.
  bool is_apart_ = false;
  bool is_long_ = false;  // A string of which the first bytes are not all.
};

}  // namespace collectors
