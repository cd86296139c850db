// SPDX-License-Identifier: Apache-2.0
#include "dev/debug_console.h"

namespace takt {

std::uint64_t DebugConsole::read(Access) RT { return signature; }

void DebugConsole::write(Access, std::uint64_t value) RT {
  if (!sink_.push(static_cast<std::uint8_t>(value))) ++lost_;
}

}  // namespace takt
