#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "exporter/config/environment.h"
#include "exporter/http/listen_address.h"
#include "exporter/seam/log.h"

namespace exporter {

enum class Command { kRun, kCheck, kCollect, kCollectors, kHealthcheck, kVersion };

// `HOST:PORT`, `:PORT` or `[IPV6]:PORT`, as Go's net.Listen takes it; else absent. The host is not
// looked up.
std::optional<ListenAddress> ParseListenAddress(std::string_view text);

// The command line. docs/install.md lists its flags.
struct Flags {
  Command command = Command::kRun;
  std::string config_path;              // Empty: the configuration is made from the environment.
  bool connect = false;                 // check
  std::vector<std::string> collectors;  // collect; empty: all.
  std::vector<ListenAddress> listen_addresses = {ListenAddress{}};
  std::string telemetry_path = "/metrics";
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kLogfmt;
};

// The program only prints this and ends.
struct EarlyExit {
  int code;          // 0 for --help, 2 for a wrong command line.
  std::string text;  // With its last line break. For standard output if the code is 0.
};

// Reads the command line, argv[0] included. If a flag is absent, its variable EXPORTER_<FLAG> is
// used, with _ for . and -. Entries of a list in a variable are separated by spaces or commas.
std::variant<Flags, EarlyExit> ParseFlags(const std::vector<std::string>& arguments,
                                          const Environment& environment);

}  // namespace exporter
