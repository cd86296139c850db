// SPDX-License-Identifier: Apache-2.0
#include "host/console_endpoint.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace takt {
namespace {

constexpr std::string_view file_prefix = "file:";

Result<Fd> open_pty() {
  Fd master{::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)};
  std::array<char, 64> name{};
  if (!master || ::grantpt(master.raw()) != 0 || ::unlockpt(master.raw()) != 0 ||
      ::ptsname_r(master.raw(), name.data(), name.size()) != 0)
    return sys_error("open a pty");
  // Opened once and closed again: from now on the master reports a hang-up while nobody is there.
  TRY(const Fd slave, open_file(name.data(), O_RDWR | O_NOCTTY));
  termios raw{};
  if (::tcgetattr(slave.raw(), &raw) == 0) {
    ::cfmakeraw(&raw);
    ::tcsetattr(slave.raw(), TCSANOW, &raw);
  }
  say(fmt::format("takt: console on {}", name.data()));
  return master;
}

}  // namespace

Result<ConsoleTarget> ConsoleTarget::parse(std::string_view text) {
  if (text == "none") return ConsoleTarget{ConsoleKind::none};
  if (text == "stdio") return ConsoleTarget{ConsoleKind::stdio};
  if (text == "pty") return ConsoleTarget{ConsoleKind::pty};
  if (text.starts_with(file_prefix) && text.size() > file_prefix.size())
    return ConsoleTarget{ConsoleKind::file, std::string{text.substr(file_prefix.size())}};
  return usage_error("allowed are stdio, none, pty and file:PATH");
}

Result<ConsoleEndpoint> ConsoleEndpoint::open(const ConsoleTarget& target) {
  ConsoleEndpoint end;
  switch (target.kind) {
    case ConsoleKind::none: return end;
    case ConsoleKind::file: {
      TRY(end.owned_, open_file(target.path, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY, 0644));
      end.out_ = end.owned_.raw();
      return end;
    }
    case ConsoleKind::pty: {
      TRY(end.owned_, open_pty());
      end.in_ = end.out_ = end.owned_.raw();
      end.pty_ = true;
      return end;
    }
    case ConsoleKind::stdio: break;
  }
  end.out_ = STDOUT_FILENO;
  if (RawTerminal::usable(STDIN_FILENO)) {
    TRY(RawTerminal terminal, RawTerminal::enter(STDIN_FILENO));
    end.terminal_.emplace(std::move(terminal));
  }
  // A terminal of which we are not in the foreground would stop us when we read it.
  if (end.terminal_ || ::isatty(STDIN_FILENO) == 0) end.in_ = STDIN_FILENO;
  return end;
}

}  // namespace takt
