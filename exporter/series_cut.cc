#include "exporter/series_cut.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <unordered_map>

#include "exporter/series_index.h"

namespace exporter {
namespace {

std::size_t LinesOf(const std::vector<TimedFamily>& families) {
  return std::accumulate(
      families.begin(), families.end(), std::size_t{0},
      [](std::size_t sum, const TimedFamily& timed) { return sum + timed.family.lines(); });
}

// The lines that each family may have: what the smaller ones do not need is
// shared by the larger ones.
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

// The families whose samples are of the same instances, and the order of these.
struct Cluster {
  std::map<std::string, std::size_t> hashes;          // By the values of the labels.
  std::unordered_map<std::size_t, std::size_t> rank;  // By the hash of the labels.
  std::size_t instances = 0;                          // That are kept.
};

std::string ValuesOf(const Family& family, std::size_t index) {
  std::vector<LabelView> labels;
  family.LabelsAt(index, labels);
  std::string values;
  for (const LabelView& label : labels) values.append(label.value) += '\0';
  return values;
}

// The label names of a family's first sample.
std::string KeyOf(const Family& family) {
  std::vector<LabelView> labels;
  family.LabelsAt(0, labels);
  std::string key;
  for (const LabelView& label : labels) key.append(label.name).append(",");
  return key;
}

template <typename Visit>
void ForEachHash(const Family& family, Visit visit) {
  std::vector<LabelView> labels;
  for (std::size_t i = 0; i < family.size(); ++i) {
    family.LabelsAt(i, labels);
    visit(i, HashOf(labels));
  }
}

// So many of the first instances that the family's samples of them fit.
std::size_t InstancesThatFit(const Family& family, const Cluster& cluster, std::size_t level) {
  std::vector<std::size_t> lines(cluster.rank.size());
  ForEachHash(family, [&](std::size_t index, std::size_t hash) {
    lines[cluster.rank.at(hash)] += family.LinesAt(index);
  });
  std::size_t sum = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    sum += lines[i];
    if (sum > level) return i;
  }
  return lines.size();
}

Family Cut(const Family& family, const Cluster& cluster) {
  Family kept(family.type(), family.name(), family.help(), family.unit());
  std::vector<LabelView> labels;
  ForEachHash(family, [&](std::size_t index, std::size_t hash) {
    if (cluster.rank.at(hash) >= cluster.instances) return;
    family.LabelsAt(index, labels);
    kept.AddCopy(labels, family, index);
  });
  return kept;
}

std::map<std::string, Cluster> ClustersOf(const std::vector<TimedFamily*>& large,
                                          std::size_t level) {
  std::map<std::string, Cluster> clusters;
  for (const TimedFamily* timed : large) {
    auto& hashes = clusters[KeyOf(timed->family)].hashes;
    ForEachHash(timed->family, [&](std::size_t index, std::size_t hash) {
      hashes.try_emplace(ValuesOf(timed->family, index), hash);
    });
  }
  for (auto& [key, cluster] : clusters) {
    for (const auto& [values, hash] : cluster.hashes)
      cluster.rank.try_emplace(hash, cluster.rank.size());
    cluster.instances = cluster.rank.size();
  }
  for (const TimedFamily* timed : large) {
    Cluster& cluster = clusters[KeyOf(timed->family)];
    cluster.instances =
        std::min(cluster.instances, InstancesThatFit(timed->family, cluster, level));
  }
  return clusters;
}

// There are more families than lines: the first ones stay, each whole.
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
  std::vector<TimedFamily*> large;
  for (TimedFamily& timed : families)
    if (timed.family.lines() > level) large.push_back(&timed);
  const auto clusters = ClustersOf(large, level);
  for (TimedFamily* timed : large) {
    const std::size_t had = timed->family.lines();
    timed->family = Cut(timed->family, clusters.at(KeyOf(timed->family)));
    cut.push_back({timed->family.name(), timed->family.lines(), had});
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
