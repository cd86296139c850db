// SPDX-License-Identifier: Apache-2.0
// Where a console's bytes come from and go to: the user's terminal, a file, a pty, or nowhere.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"
#include "host/terminal.h"

namespace takt {

enum class ConsoleKind { none, stdio, file, pty };

struct ConsoleTarget {
  ConsoleKind kind = ConsoleKind::none;
  std::string path = {};  // for file

  /// "stdio", "none", "pty" or "file:PATH".
  static Result<ConsoleTarget> parse(std::string_view text);
};

/// The open ends of a console. `in` is -1 where there is no input.
class ConsoleEndpoint {
 public:
  /// Opens the target; a file is appended to, never truncated; a pty's name goes to stderr.
  static Result<ConsoleEndpoint> open(const ConsoleTarget& target);

  [[nodiscard]] int in() const { return in_; }
  [[nodiscard]] int out() const { return out_; }
  /// The user's own terminal: raw, and with the escape key.
  [[nodiscard]] bool has_escape() const { return terminal_.has_value(); }
  /// Output is dropped while nobody has the other end open.
  [[nodiscard]] bool is_pty() const { return pty_; }

 private:
  int in_ = -1;
  int out_ = -1;
  bool pty_ = false;
  Fd owned_;
  std::optional<RawTerminal> terminal_;
};

}  // namespace takt
