#include "exporter/process_stats.h"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

namespace exporter {
namespace {

// The fields of /proc/self/stat from the third on: the second, the command's
// name in parentheses, may hold spaces.
std::vector<std::string> StatFields() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t end = line.rfind(')');
  if (end == std::string::npos) return {};
  std::istringstream rest(line.substr(end + 1));
  std::vector<std::string> fields;
  for (std::string field; rest >> field;) fields.push_back(field);
  return fields;
}

// Seconds since the epoch at which the machine started; 0 if not known.
double BootTime() {
  std::ifstream file("/proc/stat");
  for (std::string key; file >> key;) {
    double seconds = 0;
    if (key == "btime" && file >> seconds) return seconds;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return 0;
}

void AddStat(FamilySet& families) {
  // proc(5): utime 14, stime 15, starttime 22, vsize 23, rss 24; ours begin at 3.
  const std::vector<std::string> fields = StatFields();
  if (fields.size() < 22) return;
  const auto field = [&fields](std::size_t number) { return std::stod(fields[number - 3]); };
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  static const double boot_time = BootTime();
  families.Counter("process_cpu_seconds_total", "User and system CPU time spent, in seconds.")
      .Add((field(14) + field(15)) / ticks);
  families.Gauge("process_start_time_seconds", "Start of the process, in seconds since the epoch.")
      .Add(boot_time + field(22) / ticks);
  families.Gauge("process_virtual_memory_bytes", "Virtual memory size, in bytes.").Add(field(23));
  families.Gauge("process_resident_memory_bytes", "Resident memory size, in bytes.")
      .Add(field(24) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
}

void AddLimit(FamilySet& families, __rlimit_resource resource, const char* name, const char* help) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return;
  families.Gauge(name, help).Add(static_cast<double>(limit.rlim_cur));
}

void AddOpenFds(FamilySet& families) {
  std::error_code error;
  double count = -1;  // The listing's own descriptor.
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end;
       it.increment(error))
    ++count;
  if (!error) families.Gauge("process_open_fds", "Open file descriptors.").Add(count);
}

}  // namespace

void AddProcessFamilies(FamilySet& families) {
  AddStat(families);
  AddOpenFds(families);
  AddLimit(families, RLIMIT_NOFILE, "process_max_fds", "Most file descriptors it may open.");
  AddLimit(families, RLIMIT_AS, "process_virtual_memory_max_bytes",
           "Most virtual memory it may have, in bytes.");
}

}  // namespace exporter
