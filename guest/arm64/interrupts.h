// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "common/machine.h"

/// Exceptions are reported and end the run; three interrupts set events.
namespace probe::arm64 {

/// Interrupt identifiers. Arm DEN 0094 (BSA), 3.8: the virtual timer's is 27.
enum class Interrupt : std::uint32_t {
  self_ipi = 0,
  second_cpu_ipi = 1,
  timer = 27,
};

/// Makes the calling CPU use boot.S's vectors.
void install_vectors();

machine::Event& event_of(Interrupt interrupt);

}  // namespace probe::arm64
