// SPDX-License-Identifier: Apache-2.0
// Asks QEMU's human monitor at an interval, as a management program would: the load "management
// socket" of bench `net-rtt`. Links nothing of takt.
//
//   hmp_poll SOCKET INTERVAL_MS LINE...      until SIGTERM; how often all were answered goes to
//   stdout
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

namespace {

volatile std::sig_atomic_t ended = 0;

[[noreturn]] void die(const char* what) {
  std::fprintf(stderr, "hmp_poll: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

int connect_to(const char* path) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::strncpy(to.sun_path, path, sizeof to.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) < 0) die(path);
  return fd;
}

/// False when the other side is gone.
bool read_to_prompt(int fd) {
  constexpr std::string_view prompt = "(qemu) ";
  std::string end;
  std::array<char, 4096> buffer{};
  while (!end.ends_with(prompt)) {
    const ssize_t bytes = ::read(fd, buffer.data(), buffer.size());
    if (bytes <= 0) return false;
    end.append(buffer.data(), static_cast<std::size_t>(bytes));
    if (end.size() > prompt.size()) end.erase(0, end.size() - prompt.size());
  }
  return true;
}

bool ask(int fd, const std::string& line) {
  return ::send(fd, line.data(), line.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(line.size()) &&
         read_to_prompt(fd);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("usage: hmp_poll SOCKET INTERVAL_MS LINE...\n", stderr);
    return 2;
  }
  struct sigaction action{};
  action.sa_handler = [](int) { ended = 1; };
  ::sigaction(SIGTERM, &action, nullptr);
  const int fd = connect_to(argv[1]);
  const long interval_ns = std::strtol(argv[2], nullptr, 10) * 1'000'000;
  unsigned rounds = 0;
  bool answered = read_to_prompt(fd);
  timespec due{};
  ::clock_gettime(CLOCK_MONOTONIC, &due);
  while (answered && ended == 0) {
    for (int i = 3; i < argc && answered; ++i) answered = ask(fd, std::string{argv[i]} + "\n");
    rounds += answered ? 1 : 0;
    due.tv_nsec += interval_ns;
    due.tv_sec += due.tv_nsec / 1'000'000'000;
    due.tv_nsec %= 1'000'000'000;
    ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, nullptr);
  }
  std::printf("polled %u times\n", rounds);
}
