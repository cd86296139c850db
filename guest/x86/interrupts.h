// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/machine.h"

/// The IDT, one for all CPUs: exceptions are reported and end the run; three interrupts set events.
/// Intel SDM vol. 3A, chapter "Interrupt and Exception Handling".
namespace probe::x86 {

enum class Vector : std::uint8_t {
  timer = 0x40,
  self_ipi = 0x41,
  second_cpu_ipi = 0x42,
  spurious = 0xff,
};

/// Fills the table. Once, on the boot CPU, before `load_idt`.
void build_idt();
/// Makes the calling CPU use the table.
void load_idt();

machine::Event& event_of(Vector vector);
/// Interrupts that came between an STI and its HLT. Never on a CPU; see interrupts.cpp. Any CPU.
std::uint64_t shadows_lost();

}  // namespace probe::x86
