// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "common/machine.h"

namespace probe::x86 {

/// The rate of the TSC from the first source that has it: `khz_hint`, the hypervisor's timing leaf
/// 0x40000010, kvmclock, CPUID leaves 0x15 and 0x16 (Intel SDM vol. 2A, CPUID), 10 ms of PIT
/// channel 2.
machine::Clock tsc_clock(std::uint64_t khz_hint);

}  // namespace probe::x86
