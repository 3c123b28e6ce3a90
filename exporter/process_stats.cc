#include "exporter/process_stats.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace exporter {
namespace {

// The fields of /proc/self/stat from the third on; the second, the command's name in parentheses,
// may hold spaces. The third, a letter, becomes 0. Read at each scrape: a stream would cost more
// than the rest of the page.
std::vector<double> StatFields() {
  std::array<char, 2048> line;
  const int fd = ::open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  const ssize_t size = ::read(fd, line.data(), line.size());
  ::close(fd);
  std::string_view rest(line.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  const std::size_t end = rest.rfind(')');
  if (end == std::string_view::npos) return {};
  rest.remove_prefix(end + 1);
  std::vector<double> fields;
  while (rest.starts_with(' ')) {
    rest.remove_prefix(1);
    double value = 0;
    const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    fields.push_back(parsed.ec == std::errc() ? value : 0);
    rest.remove_prefix(std::min(rest.find(' '), rest.size()));
  }
  return fields;
}

// Start of the machine in seconds since the epoch; 0 if unknown.
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
  // proc(5): utime 14, stime 15, starttime 22, vsize 23, rss 24; here the first is 3.
  const std::vector<double> fields = StatFields();
  if (fields.size() < 22) return;
  const auto field = [&fields](std::size_t number) { return fields[number - 3]; };
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
  // Linux 6.2 and later.
  struct stat listing {};
  if (::stat("/proc/self/fd", &listing) == 0 && listing.st_size > 0) {
    families.Gauge("process_open_fds", "Open file descriptors.")
        .Add(static_cast<double>(listing.st_size));
    return;
  }
  std::error_code error;
  double count = -1;  // Minus the descriptor of the listing itself.
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
