// SPDX-License-Identifier: Apache-2.0
// A function's work that touches memory: done while the guest lets it, and looked at again when it
// lets it anew. PCI Local Bus 3.0, 6.2.2, bit 2 of the command register.
#pragma once

#include "bus/work.h"
#include "pci/function.h"

namespace takt::pci {

class BusMasterWork final : public Work {
 public:
  /// All outlive it; `bell` is the server's that calls it. Set-up.
  BusMasterWork(Function& function, Work& work, Bell& bell) : function_{function}, work_{work} {
    function.tell_bus_master(bell);
  }
  void begin() RT override { work_.begin(); }
  Worked work() RT override { return function_.is_bus_master() ? work_.work() : Worked::nothing; }
  void finish() override { work_.finish(); }

 private:
  const Function& function_;
  Work& work_;
};

}  // namespace takt::pci
