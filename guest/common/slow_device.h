// SPDX-License-Identifier: Apache-2.0
// takt's slow device, as the guest sees it: its work takes as long as the guest says.
#pragma once

#include <cstdint>

#include "common/machine.h"

namespace probe {

class SlowDevice {
 public:
  constexpr explicit SlowDevice(std::uintptr_t base) : base_{base} {}

  /// How long its jobs take from now on.
  void set_ns(std::uint64_t ns) const { write(0x00, static_cast<std::uint32_t>(ns)); }
  /// A job that nobody waits for.
  void post() const { write(0x04, 1); }
  /// A job that this CPU waits for; how many were done.
  std::uint32_t ask() const { return machine::read_register(base_ + 0x08); }
  std::uint32_t count() const { return machine::read_register(base_ + 0x0c); }
  /// A job that touches as many pages which were not there, and that this CPU waits for.
  void fault(std::uint32_t pages) const { write(0x14, pages); }
  /// A job by a doorbell that stays in the kernel.
  void ring() const { write(0x10, 1); }

  /// Whether what is there behaves like one: other VMMs may have memory at its place.
  bool answers() const {
    set_ns(0);
    const std::uint32_t before = ask();
    return ask() == before + 1 && count() == before + 1;
  }

 private:
  void write(std::uint32_t offset, std::uint32_t value) const {
    machine::write_register(base_ + offset, value);
  }
  std::uintptr_t base_;
};

}  // namespace probe
