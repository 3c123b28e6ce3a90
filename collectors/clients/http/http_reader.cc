#include "collectors/clients/http/http_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "exporter/seam/collector.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;

// For all lines together: the head, chunk sizes and trailers.
constexpr std::size_t kMostLineBytes = std::size_t{64} << 10;

[[noreturn]] void Refuse(const char* why) {
  throw CollectError(ErrorKind::kProtocol, std::string("no valid HTTP answer: ") + why);
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

std::string_view Trimmed(std::string_view text) {
  const std::size_t front = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(front);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

std::optional<std::size_t> Number(std::string_view text, int base) {
  std::size_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace

bool HttpReader::Feed(std::string_view bytes) {
  pending_ += bytes;
  while (phase_ != Phase::kWhole && Step()) {
  }
  if (phase_ != Phase::kWhole) return false;
  if (!pending_.empty()) Refuse("there is more than one");
  return true;
}

HttpReply HttpReader::Take() && { return std::move(reply_); }

bool HttpReader::Step() {
  if (phase_ == Phase::kBody || phase_ == Phase::kChunk) return TakeBody();
  const std::size_t end = pending_.find('\n');
  const std::size_t size = end == std::string::npos ? pending_.size() : end + 1;
  if (head_bytes_ + size > kMostLineBytes) {
    throw CollectError(ErrorKind::kLimit, "the head of the HTTP answer is above 64 KiB");
  }
  if (end == std::string::npos) return false;
  head_bytes_ += size;
  std::string line = pending_.substr(0, end);
  pending_.erase(0, size);
  if (line.ends_with('\r')) line.pop_back();
  OnLine(line);
  return true;
}

bool HttpReader::TakeBody() {
  const std::size_t taken = std::min(expected_, pending_.size());
  reply_.body.append(pending_, 0, taken);
  pending_.erase(0, taken);
  expected_ -= taken;
  if (expected_ > 0) return false;
  phase_ = phase_ == Phase::kBody ? Phase::kWhole : Phase::kChunkEnd;
  return true;
}

void HttpReader::OnLine(std::string_view line) {
  switch (phase_) {
    case Phase::kStatus:
      return OnStatus(line);
    case Phase::kHeader:
      return line.empty() ? OnHeadEnd() : OnHeader(line);
    case Phase::kChunkSize:
      return OnChunkSize(line);
    case Phase::kChunkEnd:
      if (!line.empty()) Refuse("a chunk is longer than it says");
      phase_ = Phase::kChunkSize;
      return;
    default:  // A trailer; its content is not needed.
      if (line.empty()) phase_ = Phase::kWhole;
  }
}

void HttpReader::OnStatus(std::string_view line) {
  const bool is_http_1 = line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ");
  const auto status = is_http_1 ? Number(line.substr(9, 3), 10) : std::nullopt;
  if (!status || *status < 100 || *status > 599) Refuse("its first line is none of HTTP/1.1");
  if (line.size() > 12 && line[12] != ' ') Refuse("its first line is none of HTTP/1.1");
  reply_.status = static_cast<int>(*status);
  reply_.is_last = line.starts_with("HTTP/1.0 ");
  phase_ = Phase::kHeader;
}

void HttpReader::OnHeader(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) Refuse("a line of its head has no colon");
  const std::string name = Lower(line.substr(0, colon));
  const std::string value = Lower(Trimmed(line.substr(colon + 1)));
  if (name == "content-length") {
    const std::optional<std::size_t> length = Number(value, 10);
    if (!length || length_.value_or(*length) != *length) Refuse("its length is none");
    length_ = length;
  } else if (name == "transfer-encoding") {
    if (value != "chunked") Refuse("its transfer encoding was not asked for");
    chunked_ = true;
  } else if (name == "content-encoding") {
    if (value != "identity") Refuse("it is compressed, which was not asked for");
  } else if (name == "connection") {
    if (value.find("close") != std::string::npos) reply_.is_last = true;
  }
}

void HttpReader::OnHeadEnd() {
  if (reply_.status < 200) {  // An interim response: the final one follows.
    phase_ = Phase::kStatus;
    length_.reset();
    chunked_ = false;
  } else if (reply_.status == 204 || reply_.status == 304) {  // These never have a body.
    phase_ = Phase::kWhole;
  } else if (chunked_) {
    phase_ = Phase::kChunkSize;
  } else if (length_) {
    phase_ = Phase::kBody;
    Expect(*length_);
  } else {
    // A body that ends with the connection: if it were cut short, nothing would show it.
    Refuse("it does not say how long it is");
  }
}

void HttpReader::OnChunkSize(std::string_view line) {
  // Chunk extensions may follow a semicolon; they are ignored.
  const std::optional<std::size_t> size = Number(Trimmed(line.substr(0, line.find(';'))), 16);
  if (!size) Refuse("the size of a chunk is none");
  phase_ = *size == 0 ? Phase::kTrailer : Phase::kChunk;
  Expect(*size);
}

void HttpReader::Expect(std::size_t bytes) {
  if (bytes > most_body_bytes_ - reply_.body.size()) {
    throw CollectError(ErrorKind::kLimit,
                       "the answer is above " + std::to_string(most_body_bytes_ >> 20) + " MiB");
  }
  expected_ = bytes;
}

}  // namespace collectors
