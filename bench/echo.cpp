// SPDX-License-Identifier: Apache-2.0
// Both ends of the benches of devices that carry messages. Links nothing of takt; static, so that
// it starts in any guest.
//
//   echo serve udp|tcp|vsock PORT | serve unix PATH    sends back what comes
//   echo udp ADDRESS PORT | icmp ADDRESS | tcp ADDRESS PORT
//        one message each interval, or (tcp without an interval) as soon as the answer is there
//   echo vsock SOCKET PORT | vsock host PORT           the same through takt's socket, or in a
//   guest echo flood ADDRESS        ICMP echoes, each after the answer to the one before or 10 ms;
//   until
//                             SIGTERM
// Options, before the words: --samples N (500) --interval-us N (10000; tcp: 0) --bytes N (64; tcp:
// 1)
//   --priority P (FIFO; 0: as started) --warmup N (16) --histogram FILE
//
// The client never waits for an answer when the next message is due: what is late is measured late,
// and delays none of the samples behind it. Times are taken from the message that came back. FILE
// has a line "us count" for each value and a summary as cyclictest prints it.
#include <arpa/inet.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000;
constexpr std::int64_t last_answers_ns = 300'000'000;  // waited for after the last message
constexpr std::size_t most_bytes = 2048;

struct Options {
  unsigned samples = 500;
  std::int64_t interval_ns = -1;
  std::size_t bytes = 0;
  int priority = 0;
  unsigned warmup = 16;
  const char* histogram = nullptr;
};

/// At the begin of each message; the rest is zero.
struct Stamp {
  std::uint32_t magic = 0x7461'6b74;
  std::uint32_t sequence = 0;
  std::int64_t sent_ns = 0;
};

[[noreturn]] void die(const char* what) {
  std::fprintf(stderr, "echo: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

int must(const char* what, int result) {
  if (result < 0) die(what);
  return result;
}

std::int64_t now_ns() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * ns_per_s + t.tv_nsec;
}

timespec span_of(std::int64_t ns) {
  ns = std::max<std::int64_t>(ns, 0);
  return {.tv_sec = ns / ns_per_s, .tv_nsec = ns % ns_per_s};
}

void become_fifo(int priority) {
  if (priority == 0) return;
  const sched_param param{.sched_priority = priority};
  must("FIFO", ::sched_setscheduler(0, SCHED_FIFO, &param));
  must("mlockall", ::mlockall(MCL_CURRENT | MCL_FUTURE));
}

sockaddr_in inet_address(const char* text, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::inet_pton(AF_INET, text, &address.sin_addr) != 1) {
    std::fprintf(stderr, "echo: %s: no address\n", text);
    std::exit(2);
  }
  return address;
}

template <class Address>
const sockaddr* generic(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

void no_delay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// --- servers

void serve_udp(int port) {
  const int fd = must("socket", ::socket(AF_INET, SOCK_DGRAM, 0));
  const sockaddr_in address = inet_address("0.0.0.0", port);
  must("bind", ::bind(fd, generic(address), sizeof address));
  std::array<char, most_bytes> message{};
  for (;;) {
    sockaddr_in from{};
    socklen_t length = sizeof from;
    const ssize_t bytes = ::recvfrom(fd, message.data(), message.size(), 0,
                                     reinterpret_cast<sockaddr*>(&from), &length);
    if (bytes > 0) {
      ::sendto(fd, message.data(), static_cast<std::size_t>(bytes), 0, generic(from), length);
    }
  }
}

void send_back(int fd) {
  std::array<char, most_bytes> message{};
  for (;;) {
    const ssize_t bytes = ::read(fd, message.data(), message.size());
    if (bytes <= 0 || ::write(fd, message.data(), static_cast<std::size_t>(bytes)) != bytes) break;
  }
  ::close(fd);
}

sockaddr_vm vsock_address(unsigned cid, const char* port) {
  sockaddr_vm address{};
  address.svm_family = AF_VSOCK;
  address.svm_cid = cid;
  address.svm_port = static_cast<unsigned>(std::atoi(port));
  return address;
}

sockaddr_un unix_address(const char* path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  return address;
}

template <class Address>
int bound(const Address& address) {
  const int fd = must("socket", ::socket(generic(address)->sa_family, SOCK_STREAM, 0));
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  must("bind", ::bind(fd, generic(address), sizeof address));
  return fd;
}

/// One connection after the other.
[[noreturn]] void serve_stream(int fd) {
  must("listen", ::listen(fd, 4));
  for (;;) {
    const int connection = must("accept", ::accept(fd, nullptr, nullptr));
    no_delay(connection);
    send_back(connection);
  }
}

// --- clients

/// Where messages go, and how they look.
class Peer {
 public:
  virtual ~Peer() = default;
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  virtual bool send(const Stamp& stamp) = 0;
  /// Whether a message of ours came back; does not block.
  virtual bool receive(Stamp& stamp) = 0;

 protected:
  Peer(int fd, std::size_t bytes) : fd_{fd}, message_(std::max(bytes, sizeof(Stamp))) {}

  std::vector<char> filled(const Stamp& stamp) const {
    std::vector<char> message = message_;
    std::memcpy(message.data(), &stamp, sizeof stamp);
    return message;
  }
  static bool taken(Stamp& stamp, const char* data, ssize_t bytes) {
    if (bytes < static_cast<ssize_t>(sizeof stamp)) return false;
    std::memcpy(&stamp, data, sizeof stamp);
    return stamp.magic == Stamp{}.magic;
  }

 private:
  int fd_;
  std::vector<char> message_;
};

class Udp final : public Peer {
 public:
  Udp(const char* address, int port, std::size_t bytes)
      : Peer{must("socket", ::socket(AF_INET, SOCK_DGRAM, 0)), bytes} {
    const sockaddr_in to = inet_address(address, port);
    must("connect", ::connect(fd(), generic(to), sizeof to));
  }
  bool send(const Stamp& stamp) override {
    const auto message = filled(stamp);
    return ::send(fd(), message.data(), message.size(), MSG_DONTWAIT) > 0;
  }
  bool receive(Stamp& stamp) override {
    std::array<char, most_bytes> message{};
    return taken(stamp, message.data(), ::recv(fd(), message.data(), message.size(), MSG_DONTWAIT));
  }
};

class Icmp final : public Peer {
 public:
  Icmp(const char* address, std::size_t bytes)
      : Peer{must("raw socket", ::socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)), bytes} {
    const sockaddr_in to = inet_address(address, 0);
    must("connect", ::connect(fd(), generic(to), sizeof to));
  }
  bool send(const Stamp& stamp) override {
    icmphdr header{};
    header.type = ICMP_ECHO;
    header.un.echo.id = id_;
    header.un.echo.sequence = htons(static_cast<std::uint16_t>(stamp.sequence));
    auto message = filled(stamp);
    message.insert(message.begin(), sizeof header, '\0');
    std::memcpy(message.data(), &header, sizeof header);
    header.checksum = checksum(message);
    std::memcpy(message.data(), &header, sizeof header);
    return ::send(fd(), message.data(), message.size(), MSG_DONTWAIT) > 0;
  }
  bool receive(Stamp& stamp) override {
    std::array<char, most_bytes> message{};
    const ssize_t bytes = ::recv(fd(), message.data(), message.size(), MSG_DONTWAIT);
    if (bytes < static_cast<ssize_t>(sizeof(iphdr_))) return false;
    const ssize_t begin = (message[0] & 0xf) * 4;
    icmphdr header{};
    if (bytes < begin + static_cast<ssize_t>(sizeof header)) return false;
    std::memcpy(&header, message.data() + begin, sizeof header);
    if (header.type != ICMP_ECHOREPLY || header.un.echo.id != id_) return false;
    const ssize_t at = begin + static_cast<ssize_t>(sizeof header);
    return taken(stamp, message.data() + at, bytes - at);
  }

 private:
  /// RFC 1071.
  static std::uint16_t checksum(const std::vector<char>& message) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < message.size(); i += 2) {
      std::uint16_t word = 0;
      std::memcpy(&word, message.data() + i, std::min<std::size_t>(2, message.size() - i));
      sum += word;
    }
    while ((sum >> 16) != 0) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
  }

  std::array<char, 20> iphdr_{};
  std::uint16_t id_ = static_cast<std::uint16_t>(::getpid());
};

/// A stream whose messages all have one length.
class Stream final : public Peer {
 public:
  Stream(int fd, std::size_t bytes)
      : Peer{fd, bytes}, bytes_{std::max(bytes, sizeof(Stamp))}, partial_(bytes_) {}
  bool send(const Stamp& stamp) override {
    const auto message = filled(stamp);
    return ::send(fd(), message.data(), message.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(message.size());
  }
  bool receive(Stamp& stamp) override {
    const ssize_t bytes = ::recv(fd(), partial_.data() + have_, bytes_ - have_, MSG_DONTWAIT);
    if (bytes == 0) die("the other side closed the connection");
    if (bytes < 0) return false;
    have_ += static_cast<std::size_t>(bytes);
    if (have_ < bytes_) return false;
    have_ = 0;
    return taken(stamp, partial_.data(), static_cast<ssize_t>(bytes_));
  }

 private:
  std::size_t bytes_;
  std::size_t have_ = 0;
  std::vector<char> partial_;
};

template <class Address>
int connect_to(const Address& address) {
  const int fd = must("socket", ::socket(generic(address)->sa_family, SOCK_STREAM, 0));
  must("connect", ::connect(fd, generic(address), sizeof address));
  no_delay(fd);
  return fd;
}

/// Through the VMM's Unix socket: "CONNECT PORT", answered by "OK ...".
int connect_to_guest(const char* path, const char* port) {
  const int fd = connect_to(unix_address(path));
  const std::string line = std::string{"CONNECT "} + port + "\n";
  must("write", static_cast<int>(::write(fd, line.data(), line.size())));
  std::string answer;
  for (char c = 0; c != '\n'; answer += c) {
    if (::read(fd, &c, 1) != 1) die("no answer to CONNECT");
  }
  if (!answer.starts_with("OK")) {
    std::fprintf(stderr, "echo: CONNECT: %s", answer.c_str());
    std::exit(1);
  }
  return fd;
}

class Measurement {
 public:
  Measurement(Peer& peer, const Options& options) : peer_{peer}, options_{options} {
    rtt_ns_.reserve(options.samples);
  }

  void run() {
    if (options_.interval_ns > 0) {
      at_intervals();
    } else {
      back_to_back();
    }
  }

  void report() const {
    if (rtt_ns_.empty()) {
      std::fprintf(stderr, "echo: no answer to %u messages\n", sent_);
      std::exit(1);
    }
    std::map<std::int64_t, unsigned> histogram;
    std::int64_t sum = 0;
    for (const auto ns : rtt_ns_) {
      ++histogram[ns / 1000];
      sum += ns;
    }
    const auto [least, most] = std::minmax_element(rtt_ns_.begin(), rtt_ns_.end());
    const auto count = static_cast<std::int64_t>(rtt_ns_.size());
    std::FILE* file = options_.histogram ? std::fopen(options_.histogram, "w") : stdout;
    if (file == nullptr) die(options_.histogram);
    for (const auto& [us, number] : histogram) {
      std::fprintf(file, "%06lld %06u\n", static_cast<long long>(us), number);
    }
    std::fprintf(file, "# Total: %lld\n# Min Latencies: %lld\n# Avg Latencies: %lld\n",
                 static_cast<long long>(count), static_cast<long long>(*least / 1000),
                 static_cast<long long>(sum / count / 1000));
    std::fprintf(file, "# Max Latencies: %lld\n# Lost: %u\n# Per second: %lld\n",
                 static_cast<long long>(*most / 1000), sent_ - options_.warmup - unsigned(count),
                 static_cast<long long>(count * ns_per_s / std::max<std::int64_t>(took_ns_, 1)));
    if (file != stdout) std::fclose(file);
  }

 private:
  void send_next() {
    const Stamp stamp{.sequence = sent_, .sent_ns = now_ns()};
    ++sent_;
    peer_.send(stamp);
  }

  void take_answers() {
    Stamp stamp;
    while (peer_.receive(stamp)) {
      const auto rtt = now_ns() - stamp.sent_ns;
      if (stamp.sequence >= options_.warmup) rtt_ns_.push_back(rtt);
      answered_ = stamp.sequence;
    }
  }

  void wait_until(std::int64_t deadline_ns) {
    pollfd poll{.fd = peer_.fd(), .events = POLLIN, .revents = 0};
    const timespec left = span_of(deadline_ns - now_ns());
    if (::ppoll(&poll, 1, &left, nullptr) > 0) take_answers();
  }

  void at_intervals() {
    const unsigned all = options_.samples + options_.warmup;
    const auto begin = now_ns();
    auto due = begin;
    while (sent_ < all) {
      due += options_.interval_ns;
      while (now_ns() < due) wait_until(due);
      send_next();
    }
    due = now_ns() + last_answers_ns;
    while (rtt_ns_.size() < options_.samples && now_ns() < due) wait_until(due);
    took_ns_ = now_ns() - begin;
  }

  void back_to_back() {
    const unsigned all = options_.samples + options_.warmup;
    auto begin = now_ns();
    while (sent_ < all) {
      if (sent_ == options_.warmup) begin = now_ns();
      send_next();
      const auto lost_at = now_ns() + last_answers_ns;
      while (answered_ != sent_ - 1 && now_ns() < lost_at) wait_until(lost_at);
    }
    took_ns_ = now_ns() - begin;
  }

  Peer& peer_;
  const Options& options_;
  std::vector<std::int64_t> rtt_ns_;
  unsigned sent_ = 0;
  unsigned answered_ = ~0u;
  std::int64_t took_ns_ = 0;
};

volatile std::sig_atomic_t ended = 0;

void flood(const char* address, std::size_t bytes) {
  constexpr std::int64_t patience_ns = 10'000'000;
  struct sigaction action{};
  action.sa_handler = [](int) { ended = 1; };
  ::sigaction(SIGTERM, &action, nullptr);
  Icmp peer{address, bytes};
  unsigned sent = 0;
  unsigned answered = 0;
  while (ended == 0) {
    peer.send({.sequence = sent++, .sent_ns = now_ns()});
    const auto until = now_ns() + patience_ns;
    bool came = false;
    while (!came && ended == 0 && now_ns() < until) {
      pollfd poll{.fd = peer.fd(), .events = POLLIN, .revents = 0};
      const timespec left = span_of(until - now_ns());
      Stamp stamp;
      if (::ppoll(&poll, 1, &left, nullptr) > 0) came = peer.receive(stamp);
    }
    answered += came ? 1 : 0;
  }
  std::printf("flood: %u sent, %u answered\n", sent, answered);
}

[[noreturn]] void usage() {
  std::fputs(
      "usage: echo [OPTION N]... serve udp|tcp|vsock PORT | serve unix PATH | udp|tcp ADDRESS "
      "PORT\n"
      "            | icmp ADDRESS | vsock SOCKET PORT | vsock host PORT | flood ADDRESS\n"
      "options: --samples --interval-us --bytes --priority --warmup, --histogram FILE\n",
      stderr);
  std::exit(2);
}

bool parse_option(Options& options, std::string_view name, const char* value) {
  const long number = std::strtol(value, nullptr, 10);
  if (name == "--samples")
    options.samples = static_cast<unsigned>(number);
  else if (name == "--interval-us")
    options.interval_ns = number * 1000;
  else if (name == "--bytes")
    options.bytes = static_cast<std::size_t>(number);
  else if (name == "--priority")
    options.priority = static_cast<int>(number);
  else if (name == "--warmup")
    options.warmup = static_cast<unsigned>(number);
  else if (name == "--histogram")
    options.histogram = value;
  else
    return false;
  return options.bytes <= most_bytes / 2;
}

void serve(std::string_view kind, const char* where) {
  if (kind == "udp") serve_udp(std::atoi(where));
  if (kind == "tcp") serve_stream(bound(inet_address("0.0.0.0", std::atoi(where))));
  if (kind == "vsock") serve_stream(bound(vsock_address(VMADDR_CID_ANY, where)));
  if (kind == "unix") serve_stream(bound(unix_address(where)));
  usage();
}

void measure(Peer& peer, Options options, std::int64_t interval_ns) {
  if (options.interval_ns < 0) options.interval_ns = interval_ns;
  become_fifo(options.priority);
  Measurement measurement{peer, options};
  measurement.run();
  measurement.report();
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::int64_t interval_ns = 10'000'000;
  constexpr std::size_t usual_bytes = 64;
  Options options;
  int at = 1;
  for (; at + 1 < argc && std::string_view{argv[at]}.starts_with("--"); at += 2) {
    if (!parse_option(options, argv[at], argv[at + 1])) usage();
  }
  const std::vector<const char*> words(argv + at, argv + argc);
  const std::string_view what = words.empty() ? "" : words[0];
  const bool two = words.size() == 2;
  const bool three = words.size() == 3;
  const std::size_t bytes = options.bytes != 0 ? options.bytes : usual_bytes;
  if (what == "serve" && three) {
    become_fifo(options.priority);
    serve(words[1], words[2]);
  } else if (what == "udp" && three) {
    Udp peer{words[1], std::atoi(words[2]), bytes};
    measure(peer, options, interval_ns);
  } else if (what == "icmp" && two) {
    Icmp peer{words[1], bytes};
    measure(peer, options, interval_ns);
  } else if (what == "tcp" && three) {
    Stream peer{connect_to(inet_address(words[1], std::atoi(words[2]))), options.bytes};
    measure(peer, options, 0);
  } else if (what == "vsock" && three) {
    const bool to_host = std::string_view{words[1]} == "host";
    Stream peer{to_host ? connect_to(vsock_address(VMADDR_CID_HOST, words[2]))
                        : connect_to_guest(words[1], words[2]),
                bytes};
    measure(peer, options, 0);
  } else if (what == "flood" && two) {
    flood(words[1], bytes);
  } else {
    usage();
  }
}
