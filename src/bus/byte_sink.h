// SPDX-License-Identifier: Apache-2.0
// The host side of a character device, as its model sees it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/rt.h"

namespace takt {

/// Takes bytes from a device model towards a terminal, a file, a pty. Bounded: when it is full
/// the model keeps the byte and shows the guest "not ready" until its owner calls it again.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  /// False when full. Does not block.
  [[nodiscard]] virtual bool push(std::uint8_t byte) RT = 0;
  /// Takes bytes from the front, and returns how many: less than all when it is full.
  [[nodiscard]] virtual std::size_t push_some(std::span<const std::uint8_t> bytes) RT {
    std::size_t taken = 0;
    while (taken < bytes.size() && push(bytes[taken])) ++taken;
    return taken;
  }
};

}  // namespace takt
