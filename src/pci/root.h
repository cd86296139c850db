// SPDX-License-Identifier: Apache-2.0
// The root of PCI: bus 0 with up to 32 single-function devices, the first of which is the host
// bridge itself; and the two ways to configuration space. PCI Local Bus 3.0, 3.2.2.3; PCI Express
// Base 4.0, 7.2.2 (ECAM).
//
// All accesses are inline. Reads take no lock. Writes take the root's, for as long as a register is
// changed; what makes KVM wait is asked of the server of `pci` after it (pci/upkeep.h).
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/pi_mutex.h"
#include "bus/device.h"
#include "pci/function.h"
#include "pci/upkeep.h"

namespace takt::pci {

class Root {
 public:
  /// `upkeep` knows the functions and outlives the root.
  explicit Root(Upkeep& upkeep);

  /// `devfn` is bits 7:3 slot, 2:0 function. No function: ones, and writes are dropped.
  [[nodiscard]] std::uint32_t read(std::uint64_t devfn, Access access) RT;
  void write(std::uint64_t devfn, Access access, std::uint32_t value) RT;

 private:
  [[nodiscard]] Function* find(std::uint64_t devfn) const RT;

  Upkeep& upkeep_;
  Function bridge_;
  PiMutex mutex_;  // one write to configuration space at a time
};

/// The enhanced configuration access mechanism, of bus 0.
class Ecam final : public Device {
 public:
  static constexpr std::uint64_t region_bytes = 1_MiB;
  static constexpr Width widest = Width::b4;
  explicit Ecam(Root& root) : root_{root} {}
  [[nodiscard]] std::string_view name() const override { return "ecam"; }
  std::uint64_t read(Access access) RT override;
  void write(Access access, std::uint64_t value) RT override;

 private:
  Root& root_;
};

/// A PC's CONFIG_ADDRESS and CONFIG_DATA, ports 0xcf8 to 0xcff (PCI 3.0, 3.2.2.3.2).
class ConfigPorts final : public Device {
 public:
  static constexpr std::uint64_t region_bytes = 8;
  static constexpr Width widest = Width::b4;
  explicit ConfigPorts(Root& root) : root_{root} {}
  [[nodiscard]] std::string_view name() const override { return "pci-config-ports"; }
  std::uint64_t read(Access access) RT override;
  void write(Access access, std::uint64_t value) RT override;

 private:
  static constexpr std::uint64_t data = 4;
  struct Target {
    std::uint64_t devfn = 0;
    Access access;
  };
  /// What CONFIG_DATA shows; nothing while the address is disabled, or on another bus.
  [[nodiscard]] std::optional<Target> target(Access access) const RT;

  Root& root_;
  std::atomic<std::uint32_t> address_ = 0;
};

}  // namespace takt::pci
