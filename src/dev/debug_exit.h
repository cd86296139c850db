// SPDX-License-Identifier: Apache-2.0
// A port that ends the run with the guest's own exit status, for bare-metal guests and test
// suites. Behaves like QEMU's isa-debug-exit: four bytes, usually at port 0xf4; a write of any
// width requests the exit with the value written; reads give 0.
//
// Stateless: any number of vCPU threads at once.
#pragma once

#include <cstdint>

#include "bus/device.h"
#include "bus/vm_control.h"

namespace takt {

class DebugExit : public Device {
 public:
  static constexpr std::uint64_t region_bytes = 4;
  static constexpr Width widest = Width::b4;

  explicit DebugExit(VmControl& control) : control_{control} {}

  [[nodiscard]] std::string_view name() const override { return "debug_exit"; }
  std::uint64_t read(Access access) RT override;
  void write(Access access, std::uint64_t value) RT override;

 private:
  VmControl& control_;
};

}  // namespace takt
