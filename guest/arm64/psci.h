// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "arm64/platform.h"

/// Power State Coordination Interface, Arm DEN 0022, versions 0.2 and later.
namespace probe::arm64::psci {

/// How the calls are made; before that, and with `none`, they do nothing.
void use(PsciConduit conduit);

/// The CPU enters `entry` with the MMU off and `context` in x0. False if it is refused.
bool cpu_on(std::uint64_t affinity, std::uint64_t entry, std::uint64_t context);
/// These return only if they fail.
void system_off();
void system_reset();

/// One HVC that the hypervisor answers by itself.
void version_by_hvc();

}  // namespace probe::arm64::psci
