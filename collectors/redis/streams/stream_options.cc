#include "collectors/redis/streams/stream_options.h"

#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include "collectors/redis/keys/key_entry.h"

namespace collectors {
namespace {

void ReadStream(exporter::YamlReader& entry, std::size_t most, int database,
                std::set<std::pair<int, std::string>>& seen, StreamPart& part) {
  const std::string key = entry.String("key", "");
  const std::string pattern = entry.String("pattern", "");
  database = static_cast<int>(entry.Integer("db", database, 0, kMaxRedisDatabase));
  entry.RejectUnknownKeys();
  if (key.empty() == pattern.empty()) {
    return entry.Problem("key", "a stream is given by its key, or by a pattern of keys");
  }
  if (!seen.emplace(database, key.empty() ? pattern : key).second) {
    return entry.Problem(key.empty() ? "pattern" : "key", "this stream is listed twice");
  }
  if (!key.empty()) return part.Add({database, key});
  try {
    KeyPattern parsed(pattern);
    if (!parsed.names().empty()) {
      entry.Problem("pattern", "a stream's labels are db and stream: use * in place of {" +
                                   parsed.names().front() + "}");
    }
    part.Search(database, std::move(parsed), most);
  } catch (const std::invalid_argument& error) {
    entry.Problem("pattern", error.what());
  }
}

}  // namespace

StreamPart ReadStreamOptions(exporter::YamlReader& options, const exporter::JobSettings& settings,
                             int database, bool consumers) {
  StreamPart part({.consumers = consumers, .max_groups = settings.max_series});
  std::set<std::pair<int, std::string>> seen;
  for (exporter::YamlReader& entry : options.List("streams")) {
    ReadStream(entry, settings.max_series, database, seen, part);
  }
  return part;
}

}  // namespace collectors
