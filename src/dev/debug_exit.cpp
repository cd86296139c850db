// SPDX-License-Identifier: Apache-2.0
#include "dev/debug_exit.h"

namespace takt {

std::uint64_t DebugExit::read(Access) RT { return 0; }

void DebugExit::write(Access, std::uint64_t value) RT {
  control_.request_debug_exit(static_cast<std::uint32_t>(value));
}

}  // namespace takt
