// SPDX-License-Identifier: Apache-2.0
// Random bytes, as a device model gets them.
#pragma once

#include <cstddef>
#include <span>

#include "base/rt.h"

namespace takt {

class EntropySource {
 public:
  virtual ~EntropySource() = default;
  /// Fills `to` from its beginning, fit for keys; returns how many bytes there were: fewer, or
  /// none, when there are no more now. Does not block; takes time in proportion, some 3 ns a byte.
  [[nodiscard]] virtual std::size_t fill(std::span<std::byte> to) RT = 0;
};

}  // namespace takt
