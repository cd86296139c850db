// SPDX-License-Identifier: Apache-2.0
// What is on the buses: the board's own devices, which do not move, and what PCI's base address
// registers show, which the guest moves.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/pi_mutex.h"
#include "base/quiescence.h"
#include "base/result.h"
#include "bus/dispatch.h"
#include "pci/upkeep.h"
#include "vm/servers.h"

namespace takt {

class AddressMaps final : public pci::BarMapper {
 public:
  /// All outlive it.
  AddressMaps(const Quiescence& readers, Servers& servers, const kvm::VmFd& vm)
      : readers_{readers}, servers_{servers}, vm_{vm} {}

  /// Set-up, once: what does not move. Doorbells in it become eventfds of KVM's.
  Result<> show(std::vector<Region<Port>> pio, std::vector<Region<Gpa>> mmio);

  /// BARs that overlap what is there already are not shown; the first one wins. On the server of
  /// `pci`, for which a vCPU is waiting, so this one waits for no vCPU: old tables are freed by
  /// later calls.
  void map(std::span<const pci::MappedBar> bars) override;

  /// Publishes what is in force anew; blocks until no vCPU sees the old tables. Any thread of the
  /// control plane.
  void republish();

  [[nodiscard]] PioBus& pio() { return pio_; }
  [[nodiscard]] MmioBus& mmio() { return mmio_; }

 private:
  /// Tables that a vCPU may still look at.
  struct Old {
    Quiescence::Mark mark = {};
    std::unique_ptr<const Table<Port>> pio = {};
    std::unique_ptr<const Table<Gpa>> mmio = {};
  };
  [[nodiscard]] Old replace(Table<Port> pio, Table<Gpa> mmio);
  void free_old();

  const Quiescence& readers_;
  Servers& servers_;
  const kvm::VmFd& vm_;
  std::vector<Region<Port>> fixed_pio_;
  std::vector<Region<Gpa>> fixed_mmio_;
  PioBus pio_;
  MmioBus mmio_;
  std::vector<Old> old_;
  PiMutex mutex_;  // one publisher at a time; never held while waiting for vCPUs
};

}  // namespace takt
