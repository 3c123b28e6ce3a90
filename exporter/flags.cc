#include "exporter/flags.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <iterator>
#include <sstream>
#include <utility>

#include "exporter/config/nearest.h"
#include "exporter/peer_flags.h"

namespace exporter {
namespace {

constexpr int kUnusable = 2;
constexpr int kHighestPort = 65535;

constexpr std::array<std::pair<std::string_view, LogLevel>, 4> kLogLevels = {
    {{"debug", LogLevel::kDebug},
     {"info", LogLevel::kInfo},
     {"warn", LogLevel::kWarn},
     {"error", LogLevel::kError}}};
constexpr std::array<std::pair<std::string_view, LogFormat>, 2> kLogFormats = {
    {{"logfmt", LogFormat::kLogfmt}, {"json", LogFormat::kJson}}};

// Paths that --web.telemetry-path may not take.
constexpr std::array<std::string_view, 4> kTakenPaths = {"/", "/health", "/ready",
                                                         "/api/v1/status"};

bool IsFreePath(std::string_view path) {
  return path.starts_with("/") && !path.starts_with("/-/") &&
         path.find_first_of("?# \t") == std::string_view::npos &&
         std::find(kTakenPaths.begin(), kTakenPaths.end(), path) == kTakenPaths.end();
}

// A wrong command line. Only ParseFlags catches it.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// EXPORTER_WEB_LISTEN_ADDRESS for web.listen-address.
std::string VariableOf(std::string_view flag) {
  std::string name = "EXPORTER_";
  for (const char c : flag) {
    const bool letter = std::isalnum(static_cast<unsigned char>(c)) != 0;
    name += letter ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : '_';
  }
  return name;
}

// Looks the flag's word up in `table`.
template <typename T, std::size_t kSize>
T Chosen(std::string_view flag, const std::string& word,
         const std::array<std::pair<std::string_view, T>, kSize>& table) {
  std::string known;
  for (const auto& [name, value] : table) {
    if (name == word) return value;
    known += (known.empty() ? "" : ", ") + std::string(name);
  }
  throw UsageError(fmt::format("--{} must be one of {}, not \"{}\"", flag, known, word));
}

// The texts of the options. They are validated later, so that flags and variables are validated
// alike.
struct Texts {
  std::string config;
  std::vector<std::string> listen_addresses;
  std::string telemetry_path;
  std::string log_level = "info";
  std::string log_format = "logfmt";
};

// The grammar of the command line, and the flags that it fills.
class Grammar {
 public:
  Grammar() : app_("Metrics of an application's backends for Prometheus.", "exporter") {
    app_.footer(
        "Exit codes: 0 done, 1 a collection or the health check failed, 2 the command line or the "
        "configuration is unusable.\nEach --flag may also be set by the variable EXPORTER_ "
        "and the flag in capitals, with _ for . and -.");
    AddFlags();
    AddCommands();
    // Unknown flags are found by hand, to suggest the nearest flag.
    app_.allow_extras();
    app_.require_subcommand(0, 1);
  }

  Flags Read(const std::vector<std::string>& arguments, const Environment& environment) {
    // CLI11 takes the arguments in reverse order, without the program's name.
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    if (!reversed.empty()) reversed.pop_back();
    app_.parse(std::move(reversed));
    RejectExtras();
    ReadEnvironment(environment);
    return Judge();
  }

  std::string Help() const { return app_.help("", CLI::AppFormatMode::Normal); }

 private:
  void AddFlags() {
    app_.add_option("--config", texts_.config, "The configuration file (YAML)")->type_name("FILE");
    app_.add_option("--web.listen-address", texts_.listen_addresses,
                    "Where to listen; repeatable (default :9899, all interfaces)")
        ->type_name("HOST:PORT")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app_.add_option("--web.telemetry-path", texts_.telemetry_path,
                    "The path of the metrics (default /metrics)")
        ->type_name("PATH");
    app_.add_option("--log.level", texts_.log_level, "debug, info, warn or error (default info)")
        ->type_name("LEVEL");
    app_.add_option("--log.format", texts_.log_format, "logfmt or json (default logfmt)")
        ->type_name("FORMAT");
    app_.add_flag("--version", version_, "Print the version and those of the libraries");
  }

  void AddCommands() {
    CLI::App* const check = app_.add_subcommand("check", "Validate the configuration and end");
    check->add_flag("--connect", flags_.connect,
                    "Also open each target, and say which permission is missing");
    CLI::App* const collect = app_.add_subcommand(
        "collect", "Run each collector once and print the metrics to standard output");
    collect->add_option("--collector", flags_.collectors, "Run this one only; repeatable")
        ->type_name("NAME")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    CLI::App* const collectors =
        app_.add_subcommand("collectors", "Print every collector type, its keys and its metrics");
    CLI::App* const healthcheck = app_.add_subcommand(
        "healthcheck", "Ask the exporter that runs on this host whether it is healthy");
    commands_ = {{check, Command::kCheck},
                 {collect, Command::kCollect},
                 {collectors, Command::kCollectors},
                 {healthcheck, Command::kHealthcheck}};
    for (const auto& [subcommand, command] : commands_) {
      subcommand->fallthrough();
      subcommand->allow_extras();
    }
  }

  void RejectExtras() {
    const std::vector<std::string> extras = app_.remaining(/*recurse=*/true);
    if (extras.empty()) return;
    const std::string word = extras.front().substr(0, extras.front().find('='));
    if (word.starts_with("-")) {
      const std::string hint = PeerFlagHint(word);
      throw UsageError(fmt::format("unknown flag {}{}", word,
                                   hint.empty() ? DidYouMean(word, KnownFlags()) : hint));
    }
    // A URL may hold a password.
    if (word.find("://") != std::string::npos) {
      throw UsageError("a URL is not an argument: it belongs into the configuration or a variable");
    }
    std::vector<std::string_view> names;
    for (const auto& [subcommand, command] : commands_) {
      names.emplace_back(subcommand->get_name());
    }
    throw UsageError(fmt::format("unexpected argument \"{}\"{}", word, DidYouMean(word, names)));
  }

  // The options of the program, and of its commands.
  std::vector<std::string_view> KnownFlags() {
    if (known_flags_.empty()) {
      std::vector<CLI::App*> apps = {&app_};
      for (const auto& [subcommand, command] : commands_) apps.push_back(subcommand);
      for (const CLI::App* app : apps) {
        for (const CLI::Option* option : app->get_options()) {
          known_flags_.push_back("--" + option->get_single_name());
        }
      }
    }
    return {known_flags_.begin(), known_flags_.end()};
  }

  void ReadEnvironment(const Environment& environment) {
    for (CLI::Option* option : app_.get_options()) {
      const std::string flag = option->get_single_name();
      if (option->count() > 0 || flag == "help" || flag == "version") continue;
      std::string value = environment(VariableOf(flag)).value_or("");
      if (flag == "web.listen-address") {
        std::replace(value.begin(), value.end(), ',', ' ');
        std::istringstream entries(value);
        texts_.listen_addresses.assign(std::istream_iterator<std::string>(entries), {});
      } else if (!value.empty()) {
        option->add_result(value);
        option->run_callback();
      }
    }
  }

  Flags Judge() {
    for (const auto& [subcommand, command] : commands_) {
      if (subcommand->parsed()) flags_.command = command;
    }
    if (version_) flags_.command = Command::kVersion;
    flags_.config_path = texts_.config;
    if (!texts_.listen_addresses.empty()) flags_.listen_addresses.clear();
    for (const std::string& text : texts_.listen_addresses) {
      flags_.listen_addresses.push_back(JudgeAddress(text));
    }
    if (!texts_.telemetry_path.empty()) flags_.telemetry_path = texts_.telemetry_path;
    if (!IsFreePath(flags_.telemetry_path)) {
      throw UsageError(
          fmt::format("--web.telemetry-path must be a path as /metrics, and none that "
                      "answers something else already, not \"{}\"",
                      flags_.telemetry_path));
    }
    flags_.log_level = Chosen("log.level", texts_.log_level, kLogLevels);
    flags_.log_format = Chosen("log.format", texts_.log_format, kLogFormats);
    return flags_;
  }

  static ListenAddress JudgeAddress(const std::string& text) {
    const auto address = ParseListenAddress(text);
    if (address) return *address;
    throw UsageError(
        fmt::format("--web.listen-address must be HOST:PORT, as :9899, 127.0.0.1:9899 "
                    "or [::1]:9899, not \"{}\"",
                    text));
  }

  CLI::App app_;
  Texts texts_;
  bool version_ = false;
  Flags flags_;
  std::vector<std::pair<CLI::App*, Command>> commands_;
  std::vector<std::string> known_flags_;
};

std::optional<int> ParsePort(std::string_view text) {
  int port = 0;
  if (text.empty() || text.size() > 5 || text.front() == '-') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (port > kHighestPort) return std::nullopt;
  return port;
}

}  // namespace

std::optional<ListenAddress> ParseListenAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = ParsePort(text.substr(colon + 1));
  if (!port) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.find_first_of("[]/ \t") != std::string_view::npos) return std::nullopt;
  // An IPv6 address without brackets cannot be told from its port.
  if (bracketed != (host.find(':') != std::string_view::npos)) return std::nullopt;
  return ListenAddress{std::string(host), *port};
}

std::variant<Flags, EarlyExit> ParseFlags(const std::vector<std::string>& arguments,
                                          const Environment& environment) {
  Grammar grammar;
  // CLI11 reports --help and every mistake by an exception.
  try {
    return grammar.Read(arguments, environment);
  } catch (const CLI::CallForHelp&) {
    return EarlyExit{0, grammar.Help()};
  } catch (const CLI::ParseError& error) {
    return EarlyExit{kUnusable, fmt::format("exporter: {}\nSee exporter --help.\n", error.what())};
  } catch (const UsageError& error) {
    return EarlyExit{kUnusable, fmt::format("exporter: {}\nSee exporter --help.\n", error.what())};
  }
}

}  // namespace exporter
