#include "collectors/redis/cluster/cluster_topology.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;

constexpr std::size_t kFieldsBeforeSlots = 8;
constexpr std::size_t kMostIdBytes = 40;
constexpr std::size_t kMostHostBytes = 253;  // The longest DNS name.
constexpr int kMostPort = 65535;

[[noreturn]] void Refuse(const char* what) {
  throw CollectError(ErrorKind::kProtocol, std::string("CLUSTER NODES: ") + what);
}

// Returns the part of `text` before the first separator, or all of it. Removes that part and the
// separator from `text`.
std::string_view Cut(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view front = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return front;
}

std::optional<int> Number(std::string_view text, int most) {
  int value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value < 0 || value > most) return std::nullopt;
  return value;
}

bool IsHost(std::string_view text) {
  constexpr std::string_view kMarks = ".-_:%";
  const auto is_plain = [kMarks](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= kMostHostBytes &&
         std::all_of(text.begin(), text.end(), is_plain);
}

// Parses "host:port". An IPv6 host contains colons itself. A host of "" or "?" is unknown to the
// node or not announced.
std::optional<RedisNodeAddress> AddressOf(std::string_view text, const std::string& asked_host) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::optional<int> port = Number(text.substr(colon + 1), kMostPort);
  const std::string_view told = text.substr(0, colon);
  const std::string_view host = told.empty() || told == "?" ? asked_host : told;
  if (!port || !IsHost(host)) return std::nullopt;
  return RedisNodeAddress{std::string(host), static_cast<std::uint16_t>(*port)};
}

// Parses "ip:port@bus-port,hostname,field=value". Older versions lack the parts from "@" on.
void ReadAddress(std::string_view text, const ClusterViewpoint& viewpoint, ClusterNode& node) {
  std::string_view extras = text;
  std::string_view main = Cut(extras, ',');
  const std::string_view hostname = Cut(extras, ',');
  const std::optional<RedisNodeAddress> address = AddressOf(Cut(main, '@'), viewpoint.asked_host);
  if (!address) Refuse("an address is not host:port");
  node.address = *address;
  if (!IsHost(hostname)) return;
  node.other_host = hostname;
  if (viewpoint.names_first) std::swap(node.other_host, node.address.host);
}

// Returns false if the node is not a member yet.
bool ReadFlags(std::string_view flags, ClusterNode& node) {
  while (!flags.empty()) {
    const std::string_view flag = Cut(flags, ',');
    if (flag == "handshake") return false;
    if (flag == "master") node.is_primary = true;
    if (flag == "fail" || flag == "fail?") node.fails = true;
    if (flag == "noaddr") node.address.port = 0;
  }
  return true;
}

// Parses "5" and "5-9". Skips "[5->-id]" and "[5-<-id]", slots in migration: the source node owns
// such a slot until the migration ends.
void ReadSlots(std::string_view text, ClusterNode& node) {
  while (!text.empty()) {
    std::string_view range = Cut(text, ' ');
    if (range.empty() || range.front() == '[') continue;
    const bool is_single = range.find('-') == std::string_view::npos;
    const std::optional<int> first = Number(Cut(range, '-'), kKeySlots - 1);
    const std::optional<int> last = is_single ? first : Number(range, kKeySlots - 1);
    if (!first || !last || *first > *last) Refuse("a range of slots is none");
    node.slots.push_back({*first, *last});
  }
}

std::optional<ClusterNode> NodeOf(std::string_view line, const ClusterViewpoint& viewpoint) {
  std::array<std::string_view, kFieldsBeforeSlots> fields;
  for (std::string_view& field : fields) {
    field = Cut(line, ' ');
    if (field.empty()) Refuse("a line has too few fields");
  }
  if (fields[0].size() > kMostIdBytes) Refuse("a node's id is too long");
  ClusterNode node;
  node.id = fields[0];
  ReadAddress(fields[1], viewpoint, node);
  if (!ReadFlags(fields[2], node)) return std::nullopt;
  if (fields[3] != "-") node.primary_id = fields[3].substr(0, kMostIdBytes);
  ReadSlots(line, node);
  return node;
}

}  // namespace

ClusterTopology::ClusterTopology(std::string_view cluster_nodes, const ClusterViewpoint& viewpoint)
    : ClusterTopology() {
  while (!cluster_nodes.empty()) {
    std::string_view line = Cut(cluster_nodes, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    std::optional<ClusterNode> node = NodeOf(line, viewpoint);
    if (!node) continue;
    if (nodes_.size() == kMostNodes) {
      throw CollectError(ErrorKind::kLimit,
                         "the cluster has more than " + std::to_string(kMostNodes) + " nodes");
    }
    nodes_.push_back(*std::move(node));
  }
  if (nodes_.empty()) Refuse("it names no node");
  std::sort(nodes_.begin(), nodes_.end(),
            [](const ClusterNode& a, const ClusterNode& b) { return a.id < b.id; });
  KeepOneAtEachAddress();
  IndexSlots();
}

// A node that came back with a new id has the address of its old id, which the other nodes still
// list as failing.
void ClusterTopology::KeepOneAtEachAddress() {
  std::map<RedisNodeAddress, ClusterNode*> kept;
  for (ClusterNode& node : nodes_) {
    ClusterNode*& first = kept.try_emplace(node.address, &node).first->second;
    if (first == &node) continue;
    ClusterNode* gone = &node;
    if (first->fails) std::swap(first, gone);
    gone->address.port = 0;
  }
}

void ClusterTopology::IndexSlots() {
  int owned = 0;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i].slots.empty()) shards_.push_back(i);
    for (const SlotRange& range : nodes_[i].slots) {
      owned += range.last - range.first + 1;
      if (owned > kKeySlots) Refuse("more slots have owners than there are");
      std::fill(owners_.begin() + range.first, owners_.begin() + range.last + 1,
                static_cast<std::int16_t>(i));
    }
  }
}

const ClusterNode* ClusterTopology::OwnerOf(int slot) const {
  const std::int16_t owner = owners_.at(static_cast<std::size_t>(slot));
  return owner == kNoOwner ? nullptr : &nodes_[static_cast<std::size_t>(owner)];
}

const ClusterNode* ClusterTopology::At(const RedisNodeAddress& address) const {
  const auto found = std::find_if(nodes_.begin(), nodes_.end(), [&](const ClusterNode& node) {
    return node.address.port == address.port &&
           (node.address.host == address.host || node.other_host == address.host);
  });
  return found == nodes_.end() ? nullptr : &*found;
}

std::optional<Redirection> RedirectionOf(const RedisReply& reply, const std::string& asked_host) {
  if (reply.type != RedisReply::Type::kError) return std::nullopt;
  std::string_view rest = reply.text;
  const std::string_view word = Cut(rest, ' ');
  if (word != "MOVED" && word != "ASK") return std::nullopt;
  Cut(rest, ' ');  // The slot.
  return Redirection{word == "ASK",
                     AddressOf(Cut(rest, ' '), asked_host).value_or(RedisNodeAddress())};
}

}  // namespace collectors
