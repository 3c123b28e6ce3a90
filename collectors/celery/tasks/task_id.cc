#include "collectors/celery/tasks/task_id.h"

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <optional>
#include <stdexcept>

namespace collectors {
namespace {

constexpr std::size_t kUuidLength = 36;
constexpr std::size_t kHighLength = 18;  // The first three groups and their dashes.
constexpr std::uint64_t kNoDigit = 16;

bool IsDashAt(std::size_t index) { return index == 8 || index == 13 || index == 18 || index == 23; }

// Lower case only: Python compares ids as text.
std::uint64_t DigitOf(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint64_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint64_t>(c - 'a') + 10;
  return kNoDigit;
}

std::optional<TaskId> UuidOf(std::string_view text) {
  if (text.size() != kUuidLength) return std::nullopt;
  TaskId id;
  for (std::size_t i = 0; i < kUuidLength; ++i) {
    if (IsDashAt(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const std::uint64_t digit = DigitOf(text[i]);
    if (digit == kNoDigit) return std::nullopt;
    std::uint64_t& half = i < kHighLength ? id.high : id.low;
    half = half << 4 | digit;
  }
  return id;
}

TaskId DigestOf(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  if (::EVP_Digest(text.data(), text.size(), digest.data(), nullptr, ::EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("cannot compute SHA-256");
  TaskId id;
  std::memcpy(&id, digest.data(), sizeof id);
  return id;
}

}  // namespace

TaskId TaskIdOf(std::string_view text) {
  if (const auto uuid = UuidOf(text)) return *uuid;
  return DigestOf(text);
}

}  // namespace collectors
