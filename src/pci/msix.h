// SPDX-License-Identifier: Apache-2.0
// MSI-X: the table, the pending bits, and the vectors behind them. PCI Local Bus 3.0, 6.8.2.
//
// The table is a memory BAR. All accesses are inline: reads, masking and unmasking touch atomics
// only, on any vCPU's thread, while the device's server fires. Only a vector's new message has to
// go to KVM, which blocks: `upkeep` is asked to call route(), and the vCPU waits (pci/upkeep.h).
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "bus/device.h"
#include "bus/msi.h"

namespace takt::pci {

class Upkeep;

class Msix final : public Device {
 public:
  static constexpr std::uint32_t most_vectors = 2048;
  static constexpr std::uint16_t no_vector = 0xffff;
  /// The table is at offset 0 of the BAR, the pending bits in its upper half.
  [[nodiscard]] static std::uint64_t bar_bytes(std::size_t vectors);

  /// The vectors outlive it.
  Msix(std::vector<MsiVector*> vectors, Upkeep& upkeep, std::uint16_t devfn);

  [[nodiscard]] std::uint16_t vectors() const RT;
  /// The guest has set MSI-X Enable: INTx is not used.
  [[nodiscard]] bool enabled() const RT;
  /// The vector's message goes out now, or when it is unmasked. Numbers beyond the table, and all
  /// while MSI-X is not enabled, do nothing. Any thread, does not block.
  void fire(std::uint16_t vector) RT;

  // Device
  [[nodiscard]] std::string_view name() const override { return "msix"; }
  std::uint64_t read(Access access) RT override;
  void write(Access access, std::uint64_t value) RT override;
  [[nodiscard]] AccessRules rules() const override;

  /// The message control word was written (config space). Any vCPU's thread, under the root's lock.
  void write_control(std::uint16_t value, VcpuId from) RT;
  /// On the server of `pci`: the vector's message, as it is in the table, goes to KVM.
  void route(std::uint16_t vector);

 private:
  struct Entry {
    std::atomic<std::uint32_t> address_low = 0;
    std::atomic<std::uint32_t> address_high = 0;
    std::atomic<std::uint32_t> data = 0;
    std::atomic<std::uint32_t> control = 1;  // bit 0: masked, as after reset
    std::atomic<bool> pending = false;
    MsiMessage routed;  // the server of `pci` only
    bool is_routed = false;
  };
  void fire_pending(std::uint16_t vector) RT;
  [[nodiscard]] bool masked(const Entry& entry) const RT;

  std::vector<MsiVector*> sinks_;
  std::vector<Entry> entries_;
  Upkeep& upkeep_;
  const std::uint16_t devfn_;
  std::atomic<bool> enabled_ = false;
  std::atomic<bool> function_masked_ = false;
};

}  // namespace takt::pci
