// SPDX-License-Identifier: Apache-2.0
#include "host/terminal.h"

#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>

namespace takt {
namespace {

struct Saved {
  int fd = -1;
  termios before{};
};
Saved saved;
std::atomic<bool> saved_is_valid = false;

// SIGINT, SIGTERM and SIGHUP until machine.cpp takes them over, before the guest starts.
constexpr std::array fatal_signals{SIGABRT, SIGSEGV, SIGBUS,  SIGILL, SIGFPE,
                                   SIGQUIT, SIGINT,  SIGTERM, SIGHUP};

void restore() {
  if (saved_is_valid.exchange(false)) ::tcsetattr(saved.fd, TCSANOW, &saved.before);
}

void on_fatal_signal(int number) {
  restore();
  ::raise(number);  // the handler was reset: this ends the process as it would have ended
}

void handle_fatal_signals() {
  struct sigaction action{};
  action.sa_handler = on_fatal_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
  for (const int number : fatal_signals) {
    struct sigaction before{};
    ::sigaction(number, nullptr, &before);
    if (before.sa_handler != SIG_IGN) ::sigaction(number, &action, nullptr);  // nohup stays nohup
  }
}

}  // namespace

bool RawTerminal::usable(int fd) { return ::isatty(fd) == 1 && ::tcgetpgrp(fd) == ::getpgrp(); }

Result<RawTerminal> RawTerminal::enter(int fd) {
  saved.fd = fd;
  if (::tcgetattr(fd, &saved.before) != 0) return sys_error("read terminal settings");
  termios raw = saved.before;
  ::cfmakeraw(&raw);
  raw.c_oflag |= OPOST;  // takt's own lines and the guest's "\r\n" both look right
  saved_is_valid = true;
  handle_fatal_signals();
  if (::tcsetattr(fd, TCSANOW, &raw) != 0) return sys_error("set terminal to raw mode");
  return RawTerminal{};
}

RawTerminal::~RawTerminal() {
  if (active_) restore();
}

}  // namespace takt
