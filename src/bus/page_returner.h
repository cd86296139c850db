// SPDX-License-Identifier: Apache-2.0
// Guest RAM that the guest does not need, on its way back to the host. To take a page away changes
// the address space: the kernel interrupts every CPU that runs a vCPU (base/address_space.h). So a
// device model only hands ranges over, and a thread of the control plane does it, or does not where
// the VM is real-time.
#pragma once

#include <cstdint>

#include "base/rt.h"
#include "base/units.h"

namespace takt {

class PageReturner {
 public:
  virtual ~PageReturner() = default;

  /// Hands over [start, start + bytes): whole pages of 4 KiB, RAM of one region. When it is dealt
  /// with they read as zeroes or as before. Until then nobody may use them: what is written to them
  /// may be lost. False when there is no place now. Does not block; one thread at a time.
  [[nodiscard]] virtual bool give(Gpa start, std::uint64_t bytes) RT = 0;
  /// How many of the ranges that were given have been dealt with, in their order. Each time that it
  /// has grown, the bell of the device's server is rung. Any thread.
  [[nodiscard]] virtual std::uint64_t done() const RT = 0;
};

}  // namespace takt
