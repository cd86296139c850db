// SPDX-License-Identifier: Apache-2.0
// MSI-X: the table, the pending bits, and the vectors behind them. PCI Local Bus 3.0, 6.8.2.
//
// The table is a memory BAR. All accesses are inline: reads, masking and unmasking touch atomics
// only, on any vCPU's thread, while the device's server fires. Only a vector's new message has to
// go to KVM, which blocks: the server of `pci` is asked to do it, and the vCPU waits
// (pci/upkeep.h). A vector that has no message at KVM yet, or an old one, is as good as masked: it
// stays pending and goes out when the message is there.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "bus/device.h"
#include "bus/msi.h"

namespace takt::pci {

class Upkeep;

class Msix final : public Device {
 public:
  static constexpr std::uint16_t most_vectors = 2048;
  static constexpr std::uint16_t all_vectors = 0xffff;

  /// The BAR's size: the table is at offset 0, the pending bits in the upper half.
  [[nodiscard]] static std::uint64_t bar_bytes(std::size_t vectors);

  /// The vectors outlive it. `slot` is the function's, for `upkeep`.
  Msix(std::vector<MsiVector*> vectors, Upkeep& upkeep, unsigned slot);

  [[nodiscard]] std::uint16_t vectors() const RT {
    return static_cast<std::uint16_t>(entries_.size());
  }
  /// The guest has set MSI-X Enable: the pin is not used.
  [[nodiscard]] bool enabled() const RT { return enabled_.load(std::memory_order_relaxed); }
  /// The vector's message goes out now, or when it may. Numbers beyond the table, and all while
  /// MSI-X is not enabled, do nothing. Any thread, does not block.
  void fire(std::uint16_t vector) RT;
  /// See MsiVector::event(); it goes straight to the guest when the vector may, and who watches it
  /// calls fire(). -1 for numbers beyond the table.
  [[nodiscard]] int event(std::uint16_t vector) const RT;

  // Device: the BAR
  [[nodiscard]] std::string_view name() const override { return "msix"; }
  std::uint64_t read(Access access) RT override;
  void write(Access access, std::uint64_t value) RT override;

  /// The message control word of the capability was written. True when vectors have to be routed
  /// because of it.
  [[nodiscard]] bool write_control(std::uint16_t value) RT;
  /// On the server of `pci`: the message of `vector`, or of all that are not masked, as it is in
  /// the table, goes to KVM. Vectors with an eventfd are let through, or not, as it is now.
  void route(std::uint16_t vector);

 private:
  struct Entry {
    std::atomic<std::uint32_t> address_low = 0;
    std::atomic<std::uint32_t> address_high = 0;
    std::atomic<std::uint32_t> data = 0;
    std::atomic<bool> masked = true;  // vector control, bit 0
    std::atomic<bool> pending = false;
    std::atomic<bool> ready = false;  // KVM has the message that is in the table
    [[nodiscard]] MsiMessage message() const RT;
  };
  /// Nothing of the guest's holds it back.
  [[nodiscard]] bool is_open(const Entry& entry) const RT;
  [[nodiscard]] bool may_go(const Entry& entry) const RT;
  void go_if_pending(std::uint16_t vector) RT;
  [[nodiscard]] bool has_event(std::uint16_t vector) const RT { return event(vector) >= 0; }
  [[nodiscard]] bool has_to_be_routed(std::uint16_t vector) const RT;
  void route_one(std::uint16_t vector);
  std::uint32_t read_table(std::uint64_t offset) const RT;
  std::uint32_t read_pending(std::uint64_t offset) const RT;
  void write_table(std::uint64_t offset, std::uint32_t value, VcpuId from) RT;

  std::vector<MsiVector*> sinks_;
  std::vector<Entry> entries_;
  Upkeep& upkeep_;
  const unsigned slot_;
  std::atomic<bool> enabled_ = false;
  std::atomic<bool> function_masked_ = false;
};

}  // namespace takt::pci
