// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "common/options.h"

namespace probe {

/// Sets the second CPU to work; empty, or what keeps it from that. Once.
std::string_view start_beside(const Options& options);
/// Returns when the second CPU has come to rest: only then may the console be used. Without
/// start_beside() nothing.
void stop_beside();

}  // namespace probe
