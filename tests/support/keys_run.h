#pragma once

#include <cstddef>
#include <string>

#include "collectors/redis/keys/keys_part.h"
#include "exporter/seam/watchdog.h"
#include "tests/support/scripted_store.h"

namespace collectors::testing {

// What `keys: [ENTRIES]` means; the test fails where it has a mistake.
KeyOptions KeyOptionsOf(const std::string& entries);

// "1", "2.5".
std::string ShownNumber(double value);

// Keys of a store in memory, read as a configuration says, in a time of its own.
struct KeysRun {
  explicit KeysRun(const std::string& entries, std::size_t max_series = 10000,
                   WalkLimits limits = {});

  // The samples of one collection as "name{a,b} 1", one a line, without the walks' own.
  std::string Collect();
  // The same when walks are due again.
  std::string CollectLater();

  exporter::Watchdog watchdog;
  ScriptedStore store;
  exporter::SteadyTime now{std::chrono::seconds(1000)};
  KeyWalks walks;
  KeysPart part;
  std::string problems;  // Of the last collection: kind, part and text, one a line.
  std::size_t cut = 0;
};

}  // namespace collectors::testing
