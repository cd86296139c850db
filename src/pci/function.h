// SPDX-License-Identifier: Apache-2.0
// A PCI function as the root sees it: its configuration space, its base address registers and what
// is behind them, its interrupts. PCI Local Bus Specification 3.0, chapter 6; PCI Express Base 4.0,
// 7.5, where a function has the capability.
//
// A device model does not derive from it: it makes one, describes itself, and gives it the devices
// that its BARs show. Set-up is one thread. After that write() is called by vCPU threads under the
// root's lock, read() by any thread without one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/units.h"
#include "bus/device.h"
#include "bus/irq.h"
#include "bus/msi.h"
#include "pci/config_space.h"
#include "pci/msix.h"

namespace takt::pci {

struct Identity {
  std::uint16_t vendor = 0;
  std::uint16_t device = 0;
  std::uint8_t revision = 0;
  std::uint32_t class_code = 0;  // class, subclass, programming interface: 0x020000
  std::uint16_t subsystem_vendor = 0;
  std::uint16_t subsystem = 0;
};

enum class BarKind : std::uint8_t { io, mem32, mem64 };  // mem64 takes two registers

/// What a base address register shows: `bytes` is a power of two, at least 16 for memory, 4..256
/// for I/O.
struct Bar {
  unsigned index = 0;
  BarKind kind = BarKind::mem32;
  bool prefetchable = false;
  std::uint64_t bytes = 0;
  Device* device = nullptr;  // what stands on the bus: a Guarded, or a model whose accesses are inline
  DeviceId id = {};
  Width widest = Width::b4;
};

/// Where a BAR is now, when its space is enabled.
struct MappedBar {
  const Bar* bar = nullptr;
  std::uint64_t start = 0;
};

class Function {
 public:
  explicit Function(const Identity& identity);

  // --- set-up ---
  void add_bar(const Bar& bar);
  /// `body` is what follows the two bytes of id and next; `writable` has ones where the guest may
  /// write, and is as long or empty. Returns the capability's offset.
  std::uint8_t add_capability(std::uint8_t id, std::span<const std::uint8_t> body,
                              std::span<const std::uint8_t> writable = {});
  /// A table of `vectors` (1..2048) in a memory BAR of its own.
  Msix& add_msix(std::vector<MsiVector*> vectors, unsigned bar, DeviceId id);
  /// The function interrupts by pin INTA#; `irq_line` is what firmware would write into the
  /// register of that name (an IOAPIC pin on a PC).
  void add_intx(std::uint8_t irq_line);
  void place_bar(unsigned index, std::uint64_t start);  // as firmware does

  [[nodiscard]] ConfigSpace& config() { return config_; }
  [[nodiscard]] const ConfigSpace& config() const { return config_; }
  [[nodiscard]] std::span<const Bar> bars() const { return bars_; }
  [[nodiscard]] Msix* msix() { return msix_ ? &*msix_ : nullptr; }

  // --- the guest runs ---
  /// Those BARs that are decoded now: the command register enables their space.
  [[nodiscard]] std::vector<MappedBar> mapped_bars() const;
  [[nodiscard]] bool bus_master() const RT;
  [[nodiscard]] bool intx_disabled() const RT;

 private:
  ConfigSpace config_;
  std::vector<Bar> bars_;
  std::optional<Msix> msix_;
};

}  // namespace takt::pci
