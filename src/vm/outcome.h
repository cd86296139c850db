// SPDX-License-Identifier: Apache-2.0
// How the run of a VM ended, and the exit status that says so.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace takt {

enum class Ending : std::uint8_t {
  none,            // still running
  power_off,       // the guest switched itself off
  debug_exit,      // the guest wrote its own exit status to port 0xf4
  reset,           // the guest, or a user, asked for a reset
  crash,           // a vCPU shut down (x86: triple fault), or the guest reported its own crash
  internal_error,  // KVM could not go on with a vCPU
  quit,            // Ctrl-A x on the console, or power-off by the control socket
  interrupted,     // SIGINT
  terminated,      // SIGTERM or SIGHUP
};

struct Outcome {
  Ending ending = Ending::none;
  std::uint32_t value = 0;  // debug_exit: what was written; interrupted, terminated: the signal;
                            // reset: reset_by_user, or 0
};

inline constexpr std::uint32_t reset_by_user = 1;

/// The exit status of `takt run`. The table in README.md is this function.
[[nodiscard]] constexpr int exit_status(Outcome outcome) {
  switch (outcome.ending) {
    case Ending::none:
    case Ending::power_off:
    case Ending::quit: return 0;
    case Ending::debug_exit: return static_cast<int>((outcome.value << 1 | 1) & 0xff);
    case Ending::reset: return 4;
    case Ending::crash: return 6;
    case Ending::internal_error: return 8;
    case Ending::interrupted:
    case Ending::terminated: return static_cast<int>(128 + outcome.value);
  }
  return 1;
}

}  // namespace takt
