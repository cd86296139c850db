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

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace {

volatile std::sig_atomic_t ended = 0;

[[noreturn]] void die(const char* what) {
  std::fprintf(stderr, "hmp_poll: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

long now_ns() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
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

bool ask(int fd, std::string line) {
  line += '\n';
  return ::send(fd, line.data(), line.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(line.size()) &&
         read_to_prompt(fd);
}

}  // namespace

int main(int argc, char** argv) {
  const bool in_turn = argc > 1 && std::string_view{argv[1]} == "--in-turn";
  const std::vector<std::string> words(argv + (in_turn ? 2 : 1), argv + argc);
  if (words.size() < 3) {
    std::fputs("usage: hmp_poll [--in-turn] SOCKET INTERVAL_MS LINE...\n", stderr);
    return 2;
  }
  struct sigaction action{};
  action.sa_handler = [](int) { ended = 1; };
  ::sigaction(SIGTERM, &action, nullptr);
  const int fd = connect_to(words[0].c_str());
  const long interval_ns = std::stol(words[1]) * 1'000'000;
  const std::vector<std::string> lines(words.begin() + 2, words.end());
  unsigned rounds = 0;
  bool answered = read_to_prompt(fd);
  long due = now_ns();
  for (; answered && ended == 0; ++rounds) {
    if (in_turn) {
      answered = ask(fd, lines[rounds % lines.size()]);
    } else {
      for (const auto& line : lines) answered = answered && ask(fd, line);
    }
    // What is missed is not made up for: whoever asks leaves some of the CPU to others.
    const long now = now_ns();
    due += (std::max(now - due, 0L) / interval_ns + 1) * interval_ns;
    const timespec at{.tv_sec = due / 1'000'000'000, .tv_nsec = due % 1'000'000'000};
    ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
  }
  std::printf("polled %u times\n", rounds);
}
