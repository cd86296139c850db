// SPDX-License-Identifier: Apache-2.0
#include "cli/control_command.h"

#include <fmt/format.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <optional>
#include <thread>

#include "cli/trace_command.h"
#include "ctl/client.h"
#include "ctl/socket.h"
#include "ctl/stat_text.h"

namespace takt {
namespace {

constexpr int refresh_ms = 1000;

Result<> print(std::string_view text) {
  const bool all = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!all || std::fflush(stdout) != 0) return sys_error("write to stdout");
  return {};
}

Result<> list() {
  TRY(const std::string directory, ctl::socket_directory());
  std::string text;
  for (const std::string& name : ctl::running_vms(directory)) text += name + "\n";
  return print(text);
}

Result<std::string> get_stat(const std::string& name) {
  return ctl::request(name, "GET", "/api/v1/vm.stat");
}

Result<std::string> table(const std::string& now, const std::optional<std::string>& before) {
  auto text = before ? ctl::stat_text(now, *before) : ctl::stat_text(now);
  if (!text) return env_error("the VM's answer is not one that this takt understands");
  return std::move(*text);
}

Result<> stat(const ControlArguments& arguments) {
  TRY(const std::string json, get_stat(arguments.name));
  if (arguments.json) return print(json);
  TRY(const std::string text, table(json, std::nullopt));
  return print(text);
}

/// The terminal without line editing and echo, while this object exists. Signals stay.
class KeyByKey {
 public:
  KeyByKey() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios now = before_;
    now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    changed_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &now) == 0;
  }
  ~KeyByKey() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  KeyByKey(const KeyByKey&) = delete;
  KeyByKey& operator=(const KeyByKey&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

/// Waits for the next refresh; true when the user has had enough: q, or the end of stdin.
bool wait_for_quit() {
  pollfd in{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  if (::poll(&in, 1, refresh_ms) <= 0) return false;
  char key = 0;
  return ::read(STDIN_FILENO, &key, 1) != 1 || key == 'q';
}

Result<> top(const ControlArguments& arguments) {
  constexpr std::string_view clear = "\x1b[H\x1b[2J";  // ECMA-48: CUP, ED
  const KeyByKey keys;
  std::optional<std::string> before;
  do {
    TRY(std::string now, get_stat(arguments.name));
    TRY(const std::string text, table(now, before));
    TRY_VOID(print(std::string{clear}.append(text).append("\nq quits\n")));
    before = std::move(now);
  } while (!wait_for_quit());
  return {};
}

Result<> put(const ControlArguments& arguments, std::string_view action) {
  TRY(const std::string none,
      ctl::request(arguments.name, "PUT", std::string{"/api/v1/"}.append(action)));
  return {};
}

/// Again and again until the VM is gone, or once.
Result<> api(const ControlArguments& arguments) {
  std::chrono::milliseconds every{0};
  if (!arguments.every.empty()) {
    TRY(every, parse_duration(arguments.every));
  }
  auto next = std::chrono::steady_clock::now();
  do {
    TRY(const std::string body, ctl::request(arguments.name, arguments.method, arguments.target));
    TRY_VOID(print(body));
    next += every;
    std::this_thread::sleep_until(next);
  } while (every.count() != 0);
  return {};
}

Result<> carry_out(ControlVerb verb, const ControlArguments& arguments) {
  switch (verb) {
    case ControlVerb::list: return list();
    case ControlVerb::stat: return stat(arguments);
    case ControlVerb::top: return top(arguments);
    case ControlVerb::pause: return put(arguments, "vm.pause");
    case ControlVerb::resume: return put(arguments, "vm.resume");
    case ControlVerb::shutdown:
      return put(arguments, arguments.force ? "vm.power-off" : "vm.shutdown");
    case ControlVerb::reset: return put(arguments, "vm.reset");
    case ControlVerb::api: return api(arguments);
  }
  VMM_BUG("a verb that is none");
}

}  // namespace

int control_command(ControlVerb verb, const ControlArguments& arguments) {
  const auto done = carry_out(verb, arguments);
  if (done) return 0;
  say(fmt::format("takt: {}", one_line(done.error().text)));
  return done.error().blame == Blame::usage ? 2 : 1;
}

}  // namespace takt
