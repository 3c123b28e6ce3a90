#include "collectors/redis/keys/key_probe.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

namespace collectors {

TEST_CASE("a number is what INCR and INCRBYFLOAT write, and no more") {
  struct Case {
    std::string text;
    std::optional<double> number;
  };
  const std::vector<Case> table = {
      {"0", 0},
      {"-5", -5},
      {"3.25", 3.25},
      {"1e3", 1000},
      {"1E+3", 1000},
      {"2.5e-1", 0.25},
      {".5", 0.5},
      {"5.", 5},
      {"007", 7},
      {"18446744073709551616", 18446744073709551616.0},
      {"0.00000000000000001", 1e-17},
      {"", std::nullopt},
      {" 7", std::nullopt},
      {"7 ", std::nullopt},
      {"7\n", std::nullopt},
      {"+5", std::nullopt},
      {"--5", std::nullopt},
      {"1,5", std::nullopt},
      {"1_000", std::nullopt},
      {"0x10", std::nullopt},
      {"nan", std::nullopt},
      {"inf", std::nullopt},
      {"-Infinity", std::nullopt},
      {"1e999", std::nullopt},
      {"e", std::nullopt},
      {"-", std::nullopt},
      {".", std::nullopt},
      {"1e", std::nullopt},
      {"1.2.3", std::nullopt},
      {"secret", std::nullopt},
      {std::string("7\0", 2), std::nullopt},
  };
  for (const Case& row : table) {
    CAPTURE(row.text);
    CHECK(KeyNumber(row.text) == row.number);
  }
}

TEST_CASE("an answer of another shape than was asked for is a protocol error, and no value") {
  KeyEntry entry;
  entry.key = "k";
  entry.value = KeyValue::kLength;
  KeyProbe probe(entry, "k");
  KeyTroubles troubles;
  probe.Begin(troubles);
  REQUIRE(probe.Open() == std::vector<KeyQuestion>{KeyQuestion::kType});
  CHECK(probe.CommandOf(KeyQuestion::kType) == RedisCommand{"TYPE", "k"});
  probe.Take(KeyQuestion::kType, {RedisReply::Type::kInteger, "", 7, {}}, troubles);
  CHECK(probe.facts().state == KeyState::kUnknown);
  CHECK(probe.Open().empty());
  REQUIRE(troubles.contains(exporter::ErrorKind::kProtocol));
}

}  // namespace collectors
