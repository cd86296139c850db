// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arm64/platform.h"

namespace probe::arm64 {

/// What the device tree says; empty before it is read.
const Platform& platform();

/// The exception level that the image was entered at: 1 or 2.
unsigned entry_level();

}  // namespace probe::arm64
