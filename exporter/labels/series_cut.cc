#include "exporter/labels/series_cut.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace exporter {
namespace {

std::size_t LinesOf(const std::vector<TimedFamily>& families) {
  return std::accumulate(
      families.begin(), families.end(), std::size_t{0},
      [](std::size_t sum, const TimedFamily& timed) { return sum + timed.family.lines(); });
}

// The lines that each family may have. The lines that smaller families do not need are shared by
// the larger ones.
std::size_t LevelOf(const std::vector<TimedFamily>& families, std::size_t most) {
  std::vector<std::size_t> sizes;
  sizes.reserve(families.size());
  for (const TimedFamily& timed : families) sizes.push_back(timed.family.lines());
  std::sort(sizes.begin(), sizes.end());
  std::size_t rest = most;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::size_t share = rest / (sizes.size() - i);
    if (sizes[i] > share) return share;
    rest -= sizes[i];
  }
  return most;
}

std::string ValuesOf(const Family& family, std::size_t index) {
  std::vector<LabelView> labels;
  family.LabelsAt(index, labels);
  std::string values;
  for (const LabelView& label : labels) values.append(label.value) += '\0';
  return values;
}

// The samples with the first label values, as far as their lines fit.
std::vector<bool> FirstOf(const Family& family, std::size_t level) {
  std::vector<std::pair<std::string, std::size_t>> order;
  order.reserve(family.size());
  for (std::size_t i = 0; i < family.size(); ++i) order.emplace_back(ValuesOf(family, i), i);
  std::sort(order.begin(), order.end());
  std::vector<bool> kept(family.size());
  std::size_t lines = 0;
  for (const auto& [values, index] : order) {
    lines += family.LinesAt(index);
    if (lines > level) break;
    kept[index] = true;
  }
  return kept;
}

Family Cut(const Family& family, std::size_t level) {
  Family made(family.type(), family.name(), family.help(), family.unit());
  const std::vector<bool> kept = FirstOf(family, level);
  std::vector<LabelView> labels;
  for (std::size_t i = 0; i < family.size(); ++i) {
    if (!kept[i]) continue;
    family.LabelsAt(i, labels);
    made.AddCopy(labels, family, i);
  }
  return made;
}

// There are more families than lines: the first ones stay, each complete.
void KeepTheFirst(std::vector<TimedFamily>& families, std::size_t most,
                  std::vector<CutFamily>& cut) {
  for (TimedFamily& timed : families) {
    Family& family = timed.family;
    if (family.lines() <= most) {
      most -= family.lines();
      continue;
    }
    cut.push_back({family.name(), 0, family.lines()});
    family = Family(family.type(), family.name(), family.help(), family.unit());
  }
}

void CutTheLarge(std::vector<TimedFamily>& families, std::size_t level,
                 std::vector<CutFamily>& cut) {
  for (auto& [family, expires_at] : families) {
    const std::size_t had = family.lines();
    if (had <= level) continue;
    family = Cut(family, level);
    cut.push_back({family.name(), family.lines(), had});
  }
}

}  // namespace

SeriesCut CutToMost(std::vector<TimedFamily>& families, std::size_t most) {
  SeriesCut cut{{}, LinesOf(families), most};
  if (cut.wanted <= most) return cut;
  if (const std::size_t level = LevelOf(families, most); level > 0) {
    CutTheLarge(families, level, cut.families);
  } else {
    KeepTheFirst(families, most, cut.families);
  }
  std::erase_if(families, [](const TimedFamily& timed) { return timed.family.empty(); });
  std::sort(cut.families.begin(), cut.families.end(), [](const CutFamily& a, const CutFamily& b) {
    return a.had - a.kept > b.had - b.kept || (a.had - a.kept == b.had - b.kept && a.name < b.name);
  });
  return cut;
}

std::string NamesOf(const SeriesCut& cut) {
  constexpr std::size_t kMostNamed = 5;
  const std::vector<CutFamily>& all = cut.families;
  std::string text;
  for (std::size_t i = 0; i < std::min(all.size(), kMostNamed); ++i) {
    text += fmt::format("{}{} {} of {}", i == 0 ? "" : ", ", all[i].name, all[i].kept, all[i].had);
  }
  if (all.size() > kMostNamed) text += fmt::format(" and {} more", all.size() - kMostNamed);
  return text;
}

std::string Describe(const SeriesCut& cut) {
  return fmt::format(
      "{} series, and max_series is {}: set it to {} or more, switch parts off, or drop series by "
      "metric_relabel_configs, which come before it. Not whole: {}",
      cut.wanted, cut.most, cut.wanted, NamesOf(cut));
}

}  // namespace exporter
