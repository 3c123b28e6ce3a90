#include "exporter/seam/family.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <functional>
#include <limits>
#include <stdexcept>
#include <tuple>

namespace exporter {
namespace {

// A length in groups of seven bits, the lowest first, as in protobuf.
void AppendLength(std::string& out, std::size_t length) {
  while (length >= 0x80) {
    out += static_cast<char>(static_cast<unsigned char>(length | 0x80));
    length >>= 7;
  }
  out += static_cast<char>(length);
}

std::size_t TakeLength(const char*& at) {
  std::size_t length = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at++);
    length |= static_cast<std::size_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return length;
  }
}

bool HaveNames(const std::vector<std::string>& names, std::span<const LabelView> labels) {
  return std::equal(
      names.begin(), names.end(), labels.begin(), labels.end(),
      [](const std::string& name, const LabelView& label) { return name == label.name; });
}

std::size_t HashOfNames(std::span<const LabelView> labels) {
  std::size_t hash = labels.size();
  for (const LabelView& label : labels)
    hash = hash * 31 + std::hash<std::string_view>()(label.name);
  return hash;
}

// Compares bits: a NaN equals itself, and 0 differs from -0.
bool AreSame(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

// Prometheus's base units, as names end with them.
// https://prometheus.io/docs/practices/naming/#base-units
constexpr std::array<std::string_view, 3> kUnits = {"seconds", "bytes", "ratio"};

// Whether a name ends with the unit: "wait_seconds", or for a counter "wait_seconds_total".
// Prometheus refuses a page on which a name does not end with its family's unit.
bool EndsWithUnit(FamilyType type, std::string_view name, std::string_view unit) {
  constexpr std::string_view kTotal = "_total";
  if (type == FamilyType::kCounter && name.ends_with(kTotal)) name.remove_suffix(kTotal.size());
  return name.ends_with(unit) && name.substr(0, name.size() - unit.size()).ends_with('_');
}

std::string UnitOf(FamilyType type, std::string_view name, std::string own) {
  if (!own.empty()) {
    if (!EndsWithUnit(type, name, own)) own.clear();
    return own;
  }
  for (const std::string_view unit : kUnits)
    if (EndsWithUnit(type, name, unit)) return std::string(unit);
  return "";
}

constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max();

}  // namespace

bool HasBuckets(FamilyType type) {
  return type == FamilyType::kHistogram || type == FamilyType::kGaugeHistogram;
}

bool IsSimple(FamilyType type) { return !HasBuckets(type) && type != FamilyType::kSummary; }

bool SampleExtras::operator==(const SampleExtras& other) const {
  const auto same = [](const auto& a, const auto& b) {
    return a.first == b.first && a.second.labels == b.second.labels &&
           std::bit_cast<std::uint64_t>(a.second.value) ==
               std::bit_cast<std::uint64_t>(b.second.value) &&
           a.second.unix_seconds == b.second.unix_seconds;
  };
  return std::tie(created_unix_seconds, timestamp_ms, native) ==
             std::tie(other.created_unix_seconds, other.timestamp_ms, other.native) &&
         std::equal(exemplars.begin(), exemplars.end(), other.exemplars.begin(),
                    other.exemplars.end(), same);
}

Family::Family(FamilyType type, std::string name, std::string help, std::string unit)
    : type_(type),
      name_(std::move(name)),
      help_(std::move(help)),
      unit_(UnitOf(type_, name_, std::move(unit))) {}

std::uint32_t Family::ShapeOf(std::span<const LabelView> labels) {
  if (!points_.empty() && HaveNames(shapes_[points_.back().shape], labels))
    return points_.back().shape;
  const std::size_t hash = HashOfNames(labels);
  const auto [begin, end] = shape_by_hash_.equal_range(hash);
  for (auto known = begin; known != end; ++known)
    if (HaveNames(shapes_[known->second], labels)) return known->second;
  const auto fresh = static_cast<std::uint32_t>(shapes_.size());
  Names& names = shapes_.emplace_back();
  for (const LabelView& label : labels) names.emplace_back(label.name);
  shape_by_hash_.emplace(hash, fresh);
  return fresh;
}

void Family::Begin(std::span<const LabelView> labels, std::vector<double> bounds) {
  const std::size_t text = text_.size();
  const std::uint32_t shape = ShapeOf(labels);
  // Equal bounds are mostly adjacent: the samples of a family are alike.
  if (bounds_.empty() || !AreSame(bounds_.back(), bounds)) bounds_.push_back(std::move(bounds));
  for (const LabelView& label : labels) {
    AppendLength(text_, label.value.size());
    text_ += label.value;
  }
  if (text_.size() > kMost || numbers_.size() > kMost)
    throw std::length_error("family " + name_ + " has more than 4 GiB of label values");
  points_.push_back({shape, static_cast<std::uint32_t>(bounds_.size() - 1),
                     static_cast<std::uint32_t>(text),
                     static_cast<std::uint32_t>(numbers_.size())});
}

void Family::Add(std::span<const LabelView> labels, double value) {
  Begin(labels, {});
  numbers_.push_back(value);
}

void Family::Add(std::span<const LabelView> labels, const HistogramValue& histogram) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::vector<double> bounds;
  bounds.reserve(histogram.buckets.size() + 1);
  for (const auto& bucket : histogram.buckets) bounds.push_back(bucket.upper_bound);
  const bool has_infinity = !bounds.empty() && bounds.back() == kInfinity;
  if (!has_infinity) bounds.push_back(kInfinity);
  Begin(labels, std::move(bounds));
  for (const auto& bucket : histogram.buckets) numbers_.push_back(bucket.cumulative_count);
  if (!has_infinity) numbers_.push_back(histogram.count);
  numbers_.push_back(histogram.sum);
  numbers_.push_back(histogram.count);
}

void Family::Add(std::span<const LabelView> labels, const SummaryValue& summary) {
  std::vector<double> quantiles;
  for (const auto& quantile : summary.quantiles) quantiles.push_back(quantile.quantile);
  Begin(labels, std::move(quantiles));
  for (const auto& quantile : summary.quantiles) numbers_.push_back(quantile.value);
  numbers_.push_back(summary.sum);
  numbers_.push_back(summary.count);
}

void Family::AddCopy(std::span<const LabelView> labels, const Family& from, std::size_t index) {
  const Point& point = from.points_[index];
  Begin(labels, from.bounds_[point.bounds]);
  numbers_.insert(numbers_.end(), from.numbers_.begin() + point.number,
                  from.numbers_.begin() + static_cast<std::ptrdiff_t>(from.EndOf(index)));
  if (const SampleExtras* extras = from.ExtrasAt(index)) Extend(*extras);
}

void Family::Extend(SampleExtras extras) {
  extras_.insert_or_assign(static_cast<std::uint32_t>(points_.size() - 1), std::move(extras));
}

void Family::Freeze() {
  shape_by_hash_ = {};
  shapes_.shrink_to_fit();
  bounds_.shrink_to_fit();
  points_.shrink_to_fit();
  numbers_.shrink_to_fit();
  text_.shrink_to_fit();
}

Family::Line Family::LineAt(std::size_t index, std::size_t line) const {
  const Point& point = points_[index];
  const double value = numbers_[point.number + line];
  if (IsSimple(type_)) return {"", "", 0, value};
  const std::vector<double>& bounds = bounds_[point.bounds];
  if (line == bounds.size()) return {"_sum", "", 0, value};
  if (line > bounds.size()) return {"_count", "", 0, value};
  if (type_ == FamilyType::kSummary) return {"", "quantile", bounds[line], value};
  return {"_bucket", "le", bounds[line], value};
}

void Family::LabelsAt(std::size_t index, std::vector<LabelView>& labels) const {
  const Point& point = points_[index];
  labels.clear();
  const char* at = text_.data() + point.text;
  for (const std::string& name : shapes_[point.shape]) {
    const std::size_t length = TakeLength(at);
    labels.push_back({name, {at, length}});
    at += length;
  }
}

const SampleExtras* Family::ExtrasAt(std::size_t index) const {
  if (extras_.empty()) return nullptr;
  const auto found = extras_.find(static_cast<std::uint32_t>(index));
  return found == extras_.end() ? nullptr : &found->second;
}

bool Family::operator==(const Family& other) const {
  return std::tie(type_, name_, help_, unit_, points_, text_, shapes_, extras_) ==
             std::tie(other.type_, other.name_, other.help_, other.unit_, other.points_,
                      other.text_, other.shapes_, other.extras_) &&
         AreSame(numbers_, other.numbers_) &&
         std::equal(bounds_.begin(), bounds_.end(), other.bounds_.begin(), other.bounds_.end(),
                    AreSame);
}

std::size_t Family::bytes() const {
  std::size_t bytes = sizeof(*this) + name_.capacity() + help_.capacity() + unit_.capacity() +
                      points_.capacity() * sizeof(Point) + numbers_.capacity() * sizeof(double) +
                      text_.capacity();
  for (const Names& names : shapes_)
    for (const std::string& name : names) bytes += sizeof(std::string) + name.capacity();
  for (const auto& bounds : bounds_) bytes += bounds.capacity() * sizeof(double);
  return bytes;
}

}  // namespace exporter
