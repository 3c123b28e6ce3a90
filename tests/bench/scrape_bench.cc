// What a scrape costs, over HTTP, for pages of three sizes: the whole program
// in one process, this client in another. The peer in the same run is
// prometheus-cpp's Exposer, which renders and compresses at each scrape.

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <prometheus/exposer.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "exporter/app.h"

namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr std::size_t kSeriesPerFamily = 100;

std::string FamilyName(std::size_t index) { return fmt::format("shop_orders_{:04}", index); }

class ManySeries : public exporter::Collector {
 public:
  explicit ManySeries(std::size_t series) : series_(series) {}

  exporter::Reading Collect(const exporter::CollectContext&) override {
    exporter::Reading reading;
    for (std::size_t i = 0; i < series_; ++i) {
      reading.families.Gauge(FamilyName(i / kSeriesPerFamily), "Orders by shop and state.")
          .Add({{"shop", fmt::format("shop-{}", i % kSeriesPerFamily)}, {"state", "open"}},
               static_cast<double>(i) * 1.5);
    }
    return reading;
  }

 private:
  std::size_t series_;
};

constexpr exporter::CollectorType kType{"many", "", "", "", {}, nullptr};

// Serves until killed; writes its port to `out` when the page is there.
void ServeOurs(std::size_t series, int out) {
  exporter::Job job;
  job.settings = {"many", 1h, 1min, 3h};
  job.type = &kType;
  job.policy.max_series = series;
  job.collector = std::make_unique<ManySeries>(series);
  std::vector<exporter::Job> jobs;
  jobs.push_back(std::move(job));
  exporter::App app(std::move(jobs), {{{"127.0.0.1", 0}}, "/metrics", {}});
  const int port = app.Start().at(0);
  while (app.Health().at(0).series < series) std::this_thread::sleep_for(1ms);
  if (::write(out, &port, sizeof port) != sizeof port) ::_exit(1);
  ::pause();
}

void ServePeer(std::size_t series, int out) {
  prometheus::Exposer exposer("127.0.0.1:0");
  const auto registry = std::make_shared<prometheus::Registry>();
  for (std::size_t i = 0; i < series; ++i) {
    prometheus::BuildGauge()
        .Name(FamilyName(i / kSeriesPerFamily))
        .Help("Orders by shop and state.")
        .Register(*registry)
        .Add({{"shop", fmt::format("shop-{}", i % kSeriesPerFamily)}, {"state", "open"}})
        .Set(static_cast<double>(i) * 1.5);
  }
  exposer.RegisterCollectable(registry);
  const int port = exposer.GetListeningPorts().at(0);
  if (::write(out, &port, sizeof port) != sizeof port) ::_exit(1);
  ::pause();
}

// A server in a child process, ended by its id.
class Server {
 public:
  explicit Server(const std::function<void(int)>& serve) {
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) throw std::runtime_error("pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // Not left behind when this process dies.
      serve(pipe[1]);
      ::_exit(0);
    }
    ::close(pipe[1]);
    const bool told = ::read(pipe[0], &port_, sizeof port_) == sizeof port_;
    ::close(pipe[0]);
    if (!told) throw std::runtime_error("the server did not start");
  }
  ~Server() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const { return port_; }
  double CpuSeconds() const {
    std::ifstream stat(fmt::format("/proc/{}/stat", pid_));
    std::string field;
    double ticks = 0;
    for (int i = 1; i <= 15 && stat >> field; ++i)
      if (i >= 14) ticks += std::stod(field);  // utime and stime, proc(5).
    return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }
  double MiB(const std::string& what) const {
    std::ifstream status(fmt::format("/proc/{}/status", pid_));
    std::string key;
    while (status >> key) {
      if (key == what + ":") {
        double kib = 0;
        status >> kib;
        return kib / 1024;
      }
    }
    return 0;
  }

 private:
  pid_t pid_ = 0;
  int port_ = 0;
};

// One connection, kept alive as Prometheus keeps it where the server agrees.
class Client {
 public:
  Client(int port, bool gzip)
      : port_(port),
        request_(fmt::format("GET /metrics HTTP/1.1\r\nHost: bench\r\n{}\r\n",
                             gzip ? "Accept-Encoding: gzip\r\n" : "")) {}
  ~Client() { Close(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Seconds from the request to the last byte of the answer; its body's size.
  double Scrape(std::size_t& body) {
    const auto start = steady_clock::now();
    Ask();
    received_.clear();
    std::size_t head = std::string::npos;
    std::size_t want = 0;
    bool asked_again = false;
    while (head == std::string::npos || received_.size() < want) {
      const ssize_t got = ::recv(fd_, chunk_.data(), chunk_.size(), 0);
      // The peer closes a connection now and then, as it may: ask again, once.
      if (got <= 0 && received_.empty() && !asked_again) {
        asked_again = true;
        Close();
        Ask();
        continue;
      }
      if (got <= 0) throw std::runtime_error("no answer");
      received_.append(chunk_.data(), static_cast<std::size_t>(got));
      if (head == std::string::npos && (head = received_.find("\r\n\r\n")) != std::string::npos)
        want = head + 4 + ContentLength();
    }
    body = received_.size() - head - 4;
    if (received_.find("Connection: close\r\n") < head) Close();
    return std::chrono::duration<double>(steady_clock::now() - start).count();
  }

 private:
  void Ask() {
    if (fd_ < 0) Connect();
    if (::send(fd_, request_.data(), request_.size(), MSG_NOSIGNAL) < 0)
      throw std::runtime_error("send");
  }

  void Connect() {
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port_));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("connect");
    const timeval patience{30, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }

  void Close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  std::size_t ContentLength() const {
    const std::size_t at = received_.find("Content-Length: ");
    if (at == std::string::npos) throw std::runtime_error("no length");
    return std::stoul(received_.substr(at + 16, 20));
  }

  int port_;
  int fd_ = -1;
  std::string request_;
  std::string received_;
  std::array<char, 1 << 18> chunk_{};
};

void Measure(const char* name, const Server& server, std::size_t series, bool gzip,
             std::size_t scrapes) {
  Client client(server.port(), gzip);
  std::size_t body = 0;
  for (int warm_up = 0; warm_up < 5; ++warm_up) client.Scrape(body);
  std::vector<double> times;
  const double cpu_before = server.CpuSeconds();
  for (std::size_t i = 0; i < scrapes; ++i) times.push_back(client.Scrape(body));
  const double cpu = server.CpuSeconds() - cpu_before;
  std::sort(times.begin(), times.end());
  fmt::print("{:<16} {:>7} {:<5} {:>10} {:>9.3f} {:>9.3f} {:>9.3f} {:>8.1f} {:>8.1f}\n", name,
             series, gzip ? "gzip" : "plain", body, times[times.size() / 2] * 1e3,
             times[times.size() * 99 / 100] * 1e3, cpu / static_cast<double>(scrapes) * 1e3,
             server.MiB("RssAnon"), server.MiB("VmRSS"));
}

}  // namespace

// scrape_bench [SERIES...]: pages of those sizes, of three if none is named.
int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  fmt::print("{:<16} {:>7} {:<5} {:>10} {:>9} {:>9} {:>9} {:>8} {:>8}\n", "server", "series",
             "body", "bytes", "p50 ms", "p99 ms", "CPU ms", "anon MiB", "RSS MiB");
  std::vector<std::size_t> sizes;
  for (int i = 1; i < argc; ++i) sizes.push_back(std::stoul(argv[i]));
  if (sizes.empty()) sizes = {1'000, 10'000, 100'000};
  for (const std::size_t series : sizes) {
    const std::size_t scrapes = series >= 100'000 ? 200 : 2'000;
    for (const bool gzip : {false, true}) {
      const Server ours([series](int out) { ServeOurs(series, out); });
      Measure("exporter", ours, series, gzip, scrapes);
    }
    for (const bool gzip : {false, true}) {
      const Server peer([series](int out) { ServePeer(series, out); });
      Measure("prometheus-cpp", peer, series, gzip, std::min<std::size_t>(scrapes, 100));
    }
  }
}
