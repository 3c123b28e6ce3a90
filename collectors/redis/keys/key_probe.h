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

// Returns the number in a string: decimal, as INCR and INCRBYFLOAT write it, or with an exponent
// ("-5", "3.25", "1e3"). Spaces, "+5", hex, nan and infinity are not accepted.
std::optional<double> KeyNumber(std::string_view text);

// What went wrong with an entry's keys in one collection. Only the first trouble of each kind is
// kept, because ten thousand keys may fail in the same way.
using KeyTroubles = std::map<exporter::ErrorKind, std::string>;

// A question that can be asked about a key.
enum class KeyQuestion : std::uint8_t {
  kExists,
  kType,
  kRange,   // The first bytes of a string.
  kStrLen,  // Asked before fetching a string that may be huge, and for the length of a long string.
  kGet,
  kSize,  // By the command for its type.
  kMemory,
  kFieldLen,
  kField,
};

enum class KeyState : std::uint8_t {
  kUnknown,  // The server did not say.
  kThere,
  kGone,
  kUnfit,  // Exists, but is not what the entry needs: not a number, too long, not a hash.
};

// What a collection found out about a key. Only the numbers that the entry needs are set.
struct KeyFacts {
  KeyState state = KeyState::kUnknown;
  std::optional<double> size;
  std::optional<double> number;
  std::optional<double> memory;
};

struct KeyShape;  // A type known from TYPE. Defined in key_probe.cc.

// Finds out about one key, in as few rounds of questions as possible. It remembers the key's type
// and whether it is short until a reply contradicts them. It keeps no value of a key except
// numbers. Does no I/O. `entry` must outlive it.
class KeyProbe {
 public:
  KeyProbe(const KeyEntry& entry, std::string key) : entry_(&entry), key_(std::move(key)) {}

  const std::string& key() const { return key_; }
  const KeyFacts& facts() const { return facts_; }

  // Begins a collection and forgets what the last one found.
  void Begin(KeyTroubles& troubles);
  // The questions to ask next, in this order. Empty once everything is known.
  std::vector<KeyQuestion> Open() const;
  RedisCommand CommandOf(KeyQuestion question) const;
  // Takes the replies to Open(), one by one, in the order of Open().
  void Take(KeyQuestion question, const RedisReply& reply, KeyTroubles& troubles);

  // Call instead of Take for an uncertain reply to a GET that shared an MGET with other keys.
  void AskApart(const RedisReply& reply);
  // Whether to ask the key's GET alone: from the last uncertain reply until it has a value.
  bool is_apart() const { return is_apart_; }

  // Whether the key was missing, or not what the entry needs, in the last collection. If a walk
  // finds such a key, it is worth another look.
  bool is_odd() const { return facts_.state == KeyState::kGone || fetch_ == Fetch::kNever; }
  // Forgets type and length, so that they are asked again.
  void Distrust();

 private:
  // Whether a string or a field may be fetched whole.
  enum class Fetch : std::uint8_t { kUnchecked, kSmall, kNever };
  // Why a key is unfit. `words` must point to static storage.
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

  // State of the current collection.
  KeyFacts facts_;
  bool is_failed_ = false;        // A reply was an error.
  bool is_memory_known_ = false;  // Or cannot be known.
  bool saw_empty_ = false;        // The size was 0, which a missing key has, too.
  bool saw_wrong_type_ = false;

  // Remembered between collections.
  const KeyShape* shape_ = nullptr;  // Null until TYPE is answered.
  Fetch fetch_ = Fetch::kUnchecked;
  std::optional<Reason> never_;  // Set with Fetch::kNever.
  bool is_apart_ = false;
  bool is_long_ = false;  // A string longer than the first bytes that are fetched.
};

}  // namespace collectors
