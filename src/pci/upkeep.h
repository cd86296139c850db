// SPDX-License-Identifier: Apache-2.0
// What a guest does to PCI and what makes KVM wait: moving a BAR (the dispatch tables and the
// ioeventfds change) and giving an interrupt vector another message (the GSI routes change). A vCPU
// asks, the server of the device `pci` does it, and the vCPU waits for that server alone.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "bus/device.h"
#include "pci/function.h"

namespace takt::pci {

/// Shows BARs on the buses; vm/ implements it.
class BarMapper {
 public:
  virtual ~BarMapper() = default;
  /// From now on exactly `bars` are there; those that overlap something that cannot move are not
  /// shown. May block; on the server of `pci` or in set-up.
  virtual void map(std::span<const MappedBar> bars) = 0;
};

class Upkeep final : public Device {
 public:
  static constexpr std::uint16_t slots = 32;

  // --- set-up ---
  /// What stands before this model: a Guarded of the device `pci`.
  void stand_behind(Device& guarded) { guarded_ = &guarded; }
  void attach(BarMapper& mapper) { mapper_ = &mapper; }
  /// `function` outlives it; slot 0..31.
  void attach(unsigned slot, Function& function) { functions_[slot] = &function; }
  [[nodiscard]] Function* at(unsigned slot) const RT { return functions_[slot]; }
  /// Maps what is decoded now.
  void remap();

  // --- on a vCPU's thread; returns when it is done ---
  void ask_remap(VcpuId from) RT;
  /// `vector`: one, or Msix::all_vectors.
  void ask_route(unsigned slot, std::uint16_t vector, VcpuId from) RT;

  // --- on the server: Device ---
  [[nodiscard]] std::string_view name() const override { return "pci"; }
  std::uint64_t read(Access) RT override { return 0; }
  void write(Access access, std::uint64_t value) RT override;

 private:
  static constexpr std::uint64_t remap_offset = 0;
  static constexpr std::uint64_t route_offset = 4;  // the value: slot << 16 | vector

  Device* guarded_ = this;
  BarMapper* mapper_ = nullptr;
  std::array<Function*, slots> functions_{};
};

}  // namespace takt::pci
