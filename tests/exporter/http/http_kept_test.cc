#include "exporter/http/http_kept.h"

#include <doctest/doctest.h>

namespace exporter {
namespace {

constexpr std::size_t kMiB = 1 << 20;
// What an answer has of its own is small beside a piece.
constexpr std::size_t kOwn = 10'000;

HttpUnsent Answer(std::vector<std::string_view> pieces) {
  return {"head", std::move(pieces), nullptr};
}

}  // namespace

TEST_CASE("a page costs nothing, however many answers wait for it") {
  const std::string families[] = {std::string(kMiB, 'a'), std::string(2 * kMiB, 'b')};
  HttpKept kept;
  for (int i = 0; i < 10; ++i) kept.Add(Answer({families[0], families[1]}));
  CHECK(kept.Bytes() < kOwn);
}

TEST_CASE("an old page costs the pieces that the new one does not share") {
  const std::string same(4 * kMiB, 'a');
  const std::string before(kMiB, 'b');
  const std::string after(kMiB, 'c');
  HttpKept kept;
  for (int i = 0; i < 10; ++i) kept.Add(Answer({same, before}));
  for (int i = 0; i < 10; ++i) kept.Add(Answer({same, after}));
  CHECK(kept.Bytes() >= kMiB);
  CHECK(kept.Bytes() < kMiB + kOwn);
}

TEST_CASE("a piece is free again when its last answer has gone") {
  const std::string pages[] = {std::string(kMiB, 'a'), std::string(2 * kMiB, 'b'),
                               std::string(4 * kMiB, 'c')};
  HttpKept kept;
  const HttpUnsent one = Answer({pages[0]});
  const HttpUnsent two = Answer({pages[0], pages[1]});
  const HttpUnsent three = Answer({pages[2]});
  for (const HttpUnsent* answer : {&one, &two, &three}) kept.Add(*answer);
  CHECK(kept.Bytes() >= 3 * kMiB);
  kept.Remove(two);
  CHECK(kept.Bytes() >= kMiB);
  CHECK(kept.Bytes() < 2 * kMiB);
  kept.Remove(one);
  CHECK(kept.Bytes() < kOwn);
  kept.Remove(three);
  CHECK(kept.Bytes() == 0);
}

TEST_CASE("a text that two pages cut differently counts as the longer piece") {
  const std::string text(4 * kMiB, 'a');
  const std::string other(8 * kMiB, 'b');
  HttpKept kept;
  const HttpUnsent longer = Answer({text});
  const HttpUnsent shorter = Answer({std::string_view(text).substr(0, kMiB)});
  const HttpUnsent largest = Answer({other});
  for (const HttpUnsent* answer : {&shorter, &longer, &largest}) kept.Add(*answer);
  CHECK(kept.Bytes() >= 4 * kMiB);
  CHECK(kept.Bytes() < 4 * kMiB + kOwn);
  for (const HttpUnsent* answer : {&longer, &shorter, &largest}) kept.Remove(*answer);
  CHECK(kept.Bytes() == 0);
}

}  // namespace exporter
