// SPDX-License-Identifier: Apache-2.0
#include "host/passt.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>

namespace takt {
namespace {

constexpr int most_ms = 10'000;   // between two lines, until it is ready
constexpr int socket_number = 3;  // in passt

/// What the new process has and takt has not: no blocked signals, no ignored SIGPIPE, no real-time
/// policy.
class Spawn {
 public:
  Spawn() {
    ::posix_spawn_file_actions_init(&files_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    sigaddset(&signals, SIGPIPE);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    constexpr sched_param ordinary{.sched_priority = 0};
    ::posix_spawnattr_setschedpolicy(&attributes_, SCHED_OTHER);
    ::posix_spawnattr_setschedparam(&attributes_, &ordinary);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSCHEDULER);
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;
  ~Spawn() {
    ::posix_spawn_file_actions_destroy(&files_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  void null(int to) { ::posix_spawn_file_actions_addopen(&files_, to, "/dev/null", O_RDWR, 0); }
  void give(const Fd& fd, int to) { ::posix_spawn_file_actions_adddup2(&files_, fd.raw(), to); }

  Result<pid_t> run(std::vector<std::string> words) {
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_t pid = 0;
    errno = ::posix_spawnp(&pid, argv[0], &files_, &attributes_, argv.data(), environ);
    if (errno == ENOENT || errno == EACCES)  // the latter also for a directory of PATH
      return env_error(fmt::format(
          "{}: not found, or may not be run (apt install passt, or use a tap)", words[0]));
    if (errno != 0) return sys_error(fmt::format("start {}", words[0]));
    return pid;
  }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

/// Until it closes its end, as it does when it goes into the background. Nothing when it does not.
Result<std::string> read_words(const Fd& from) {
  std::string words;
  std::array<char, 512> some{};
  pollfd ready{.fd = from.raw(), .events = POLLIN, .revents = 0};
  while (::poll(&ready, 1, most_ms) == 1) {
    const ssize_t n = ::read(from.raw(), some.data(), some.size());
    if (n <= 0) return words;
    if (words.size() < 65536) words.append(some.data(), static_cast<std::size_t>(n));
  }
  return env_error(fmt::format("passt: not ready after {} s", most_ms / 1000));
}

/// The last line that is not about its own log, which it may not reach.
std::string last_word(std::string_view words) {
  std::string last = "it does not say why";
  while (!words.empty()) {
    const std::string_view line = words.substr(0, words.find('\n'));
    if (!line.empty() && !line.contains("to syslog")) last = line;
    words.remove_prefix(std::min(line.size() + 1, words.size()));
  }
  return one_line(last);
}

Result<> wait_until_ready(pid_t pid, const Fd& errors) {
  auto words = read_words(errors);
  if (!words) ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!words) return std::unexpected(std::move(words.error()));
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return env_error(fmt::format("passt: {}", last_word(*words)));
}

}  // namespace

Result<Fd> start_passt(const std::vector<std::string>& arguments, const std::string& program) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return sys_error("socketpair");
  Fd ours{ends[0]};
  Fd its{ends[1]};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return sys_error("pipe2");
  const Fd errors{ends[0]};
  Fd its_errors{ends[1]};
  Spawn spawn;
  spawn.null(STDIN_FILENO);
  spawn.null(STDOUT_FILENO);
  spawn.give(its_errors, STDERR_FILENO);
  spawn.give(its, socket_number);
  std::vector<std::string> words{program, "--quiet", "--fd", fmt::format("{}", socket_number)};
  words.insert(words.end(), arguments.begin(), arguments.end());
  TRY(const pid_t pid, spawn.run(std::move(words)));
  Fd{std::move(its)};
  Fd{std::move(its_errors)};
  TRY_VOID(wait_until_ready(pid, errors));
  return ours;
}

}  // namespace takt
