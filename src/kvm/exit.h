// SPDX-License-Identifier: Apache-2.0
// Why a vCPU came back from the guest, as types (Linux, virt/kvm/api.rst, "The kvm_run structure").
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/units.h"

namespace takt::kvm {

enum class ExitKind : std::uint8_t {
  pio,             // VcpuFd::pio() says which
  mmio,            // VcpuFd::mmio() says which
  system_event,    // VcpuFd::system_event() says which
  odd_access,      // to no RAM, by an instruction that KVM cannot take apart: refuse_access()
  interrupted,     // a signal or immediate_exit: look at the stop flag
  hlt,             // only without an in-kernel interrupt controller
  shutdown,        // triple fault
  internal_error,  // KVM cannot go on: VcpuFd::describe_failure()
  entry_failed,    // the hardware refused to enter the guest
  run_failed,      // KVM_RUN itself failed
  unknown,
};

/// What the guest asked of its firmware (PSCI), or what woke it (api.rst, KVM_EXIT_SYSTEM_EVENT).
enum class SystemEvent : std::uint8_t { power_off, reset, crash, suspend, wakeup, other };

/// `count` accesses of `width` to the same port; `data` holds `count` values of that width, to be
/// read (out) or filled in (in).
struct PioExit {
  bool is_write = false;
  Width width = Width::b1;
  Port port;
  std::uint32_t count = 0;
  std::byte* data = nullptr;
};

/// An access of `bytes` (1..8, not always a power of two: KVM cuts at page boundaries).
struct MmioExit {
  bool is_write = false;
  Gpa gpa;
  std::uint32_t bytes = 0;
  std::byte* data = nullptr;
};

}  // namespace takt::kvm
