// SPDX-License-Identifier: Apache-2.0
// MSI, the capability: up to 32 vectors that share an address, with mask and pending bits where the
// device has them. PCI Local Bus 3.0, 6.8.1.
//
// Its registers are in configuration space, and so are the pending bits. As with MSI-X, firing and
// masking touch atomics only; a new message is asked of the server of `pci`, and a vector whose
// message is not at KVM yet stays pending.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "bus/msi.h"
#include "bus/settle.h"
#include "pci/config_space.h"

namespace takt::pci {

class Msi {
 public:
  static constexpr std::uint16_t all_vectors = 0xffff;

  /// Offsets in the capability, with a 64-bit address.
  enum Reg : std::uint8_t {
    control = 0x02,
    address_low = 0x04,
    address_high = 0x08,
    data = 0x0c,
    mask = 0x10,
    pending = 0x14,
  };

  /// What follows id and next in the capability, and which bits of it the guest may write.
  struct Body {
    std::vector<std::uint8_t> bytes;
    std::vector<std::uint8_t> writable;
  };
  [[nodiscard]] static Body body(std::size_t vectors, bool maskable);

  /// `capability` is where the capability is in `config`; 1, 2, 4 ... 32 vectors, which outlive it.
  Msi(ConfigSpace& config, std::uint8_t capability, std::vector<MsiVector*> vectors, bool maskable);

  /// The guest has set MSI Enable: the pin is not used.
  [[nodiscard]] bool enabled() const RT;
  /// Goes out now, or when it may; with fewer vectors enabled than there are, several share one.
  /// Nothing while MSI is not enabled. Any thread, does not block.
  void fire(std::uint16_t vector) RT;

  /// The guest wrote to the capability. True when vectors have to be routed because of it.
  [[nodiscard]] bool written() RT;
  /// On the server of `pci`.
  void route(std::uint16_t vector);
  [[nodiscard]] std::uint8_t capability() const { return capability_; }
  /// Bytes of the capability.
  [[nodiscard]] std::uint8_t bytes() const { return maskable_ ? 0x18 : 0x10; }

 private:
  [[nodiscard]] std::uint16_t in_use() const RT;  // vectors that the guest has enabled
  [[nodiscard]] MsiMessage message(std::uint16_t vector) const RT;
  [[nodiscard]] bool may_go(std::uint16_t vector) const RT;
  void go_if_pending(std::uint16_t vector) RT;
  void show_pending() RT;

  ConfigSpace& config_;
  const std::uint8_t capability_;
  const bool maskable_;
  std::vector<MsiVector*> sinks_;
  std::atomic<std::uint32_t> pending_ = 0;
  std::atomic<std::uint32_t> ready_ = 0;  // KVM has the message that is in the registers
  Settle settle_;                         // of the pending register
  MsiMessage seen_;                       // of vector 0, at the last written()
  std::uint16_t seen_in_use_ = 0;
};

}  // namespace takt::pci
