// SPDX-License-Identifier: Apache-2.0
// The way out of a raw console: Ctrl-A x ends takt, Ctrl-A p presses the power button of machines
// that have one, Ctrl-A Ctrl-A sends one Ctrl-A to the guest.
#pragma once

#include <cstdint>

namespace takt {

/// A filter over the user's key strokes; one per console, used by its thread only.
class EscapeFilter {
 public:
  enum class Verdict : std::uint8_t { pass, hold, quit, power_button };
  static constexpr std::uint8_t prefix = 0x01;  // Ctrl-A

  /// What to do with the next byte. After `pass` the guest gets `byte`; an unknown sequence is
  /// dropped whole, so that a slip of the finger sends nothing.
  Verdict feed(std::uint8_t byte);

 private:
  bool after_prefix_ = false;
};

}  // namespace takt
